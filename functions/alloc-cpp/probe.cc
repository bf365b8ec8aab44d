#include "probe.h"

#include <gnu/libc-version.h>
#include <malloc.h>

#include <barrier>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

// Each is there when its allocator is linked, and null otherwise. A weak reference takes nothing out of an archive, so
// asking changes no build.
extern "C" {
[[gnu::weak]] int mallctl(const char* name, void* old, std::size_t* old_size, void* fresh, std::size_t fresh_size);
[[gnu::weak]] const char* tc_version(int* major, int* minor, const char** patch);
[[gnu::weak]] int MallocExtension_GetOwnership(const void* block);
[[gnu::weak]] int MallocExtension_GetNumericProperty(const char* name, std::size_t* value);
[[gnu::weak]] int mi_version();
[[gnu::weak]] bool mi_is_in_heap_region(const void* block);
[[gnu::weak]] void mi_options_print_out(void (*out)(const char* text, void* argument), void* argument);
[[gnu::weak]] void __scudo_print_stats();
[[gnu::weak]] std::uintptr_t bump_allocator_position();
#pragma weak mallinfo2
#pragma weak malloc_info
}

namespace probe {
namespace {

constexpr std::size_t kBlock = 4000;

/// What `read` gives before and while a block is held. The block escapes, or the compiler would not allocate it.
template <class Read>
bool grows_with_malloc(const Read& read) {
  const auto before = read();
  void* volatile block = std::malloc(kBlock);
  const auto after = read();
  std::free(block);
  return after > before;
}

template <class Owns>
bool owns_a_block(const Owns& owns) {
  void* volatile block = std::malloc(kBlock);
  const bool owned = owns(block);
  std::free(block);
  return owned;
}

template <class T>
T control(const char* name) {
  T value{};
  std::size_t size = sizeof value;
  mallctl(name, &value, &size, nullptr, 0);
  return value;
}

bool is_jemalloc() {
  return mallctl != nullptr && grows_with_malloc([] { return control<std::uint64_t>("thread.allocated"); });
}

Finding jemalloc() {
  return {.allocator = "jemalloc",
          .version = control<const char*>("version"),
          .settings = {{"narenas", std::to_string(control<unsigned>("opt.narenas"))},
                       {"dirty_decay_ms", std::to_string(control<std::ptrdiff_t>("opt.dirty_decay_ms"))},
                       {"muzzy_decay_ms", std::to_string(control<std::ptrdiff_t>("opt.muzzy_decay_ms"))},
                       {"background_thread", control<bool>("opt.background_thread") ? "true" : "false"},
                       {"tcache", control<bool>("opt.tcache") ? "true" : "false"},
                       {"thp", control<const char*>("opt.thp")}}};
}

bool is_tcmalloc() {
  constexpr int kOwned = 1;
  return MallocExtension_GetOwnership != nullptr &&
         owns_a_block([](const void* block) { return MallocExtension_GetOwnership(block) == kOwned; });
}

Finding tcmalloc() {
  Finding finding{.allocator = "tcmalloc", .version = tc_version(nullptr, nullptr, nullptr), .settings = {}};
  for (const char* name : {"max_total_thread_cache_bytes", "aggressive_memory_decommit"}) {
    std::size_t value = 0;
    if (MallocExtension_GetNumericProperty(("tcmalloc." + std::string(name)).c_str(), &value) != 0)
      finding.settings[name] = std::to_string(value);
  }
  return finding;
}

bool is_mimalloc() {
  return mi_is_in_heap_region != nullptr && owns_a_block([](const void* block) { return mi_is_in_heap_region(block); });
}

/// Lines "option 'purge_delay': 1000 ", piece by piece. Older versions only print, and tell nothing here.
Finding mimalloc() {
  Finding finding{.allocator = "mimalloc", .version = std::to_string(mi_version()), .settings = {}};
  if (mi_options_print_out == nullptr) return finding;
  std::string text;
  mi_options_print_out([](const char* piece, void* into) { *static_cast<std::string*>(into) += piece; }, &text);
  constexpr std::string_view kBegin = "option '";
  for (std::size_t at = text.find(kBegin); at != text.npos; at = text.find(kBegin, at)) {
    at += kBegin.size();
    const std::size_t colon = text.find("': ", at);
    if (colon == text.npos) break;
    const std::size_t value = colon + 3;
    finding.settings[text.substr(at, colon - at)] = text.substr(value, text.find_first_of(" \n", value) - value);
  }
  return finding;
}

bool is_scudo() { return __scudo_print_stats != nullptr && malloc_info != nullptr; }

std::string document_of_malloc_info() {
  char* text = nullptr;
  std::size_t size = 0;
  std::FILE* file = open_memstream(&text, &size);
  if (file == nullptr) return {};
  malloc_info(0, file);
  std::fclose(file);
  std::string document = text != nullptr ? text : "";
  std::free(text);
  return document;
}

/// malloc_info(3): scudo signs its document.
bool signs_as_scudo() { return document_of_malloc_info().find("scudo") != std::string::npos; }

bool is_bump() { return bump_allocator_position != nullptr && grows_with_malloc(bump_allocator_position); }

bool is_glibc() {
  return mallinfo2 != nullptr && grows_with_malloc([] { return mallinfo2().uordblks; });
}

/// glibc does not tell its settings, so they are tried: how many arenas a few threads get that allocate at once.
std::size_t arenas_of_threads() {
  constexpr int kThreads = 4;
  std::barrier together(kThreads + 1);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      void* volatile block = std::malloc(kBlock);
      together.arrive_and_wait();  // all hold a block
      together.arrive_and_wait();  // they have been counted
      std::free(block);
    });
  }
  together.arrive_and_wait();
  const std::string document = document_of_malloc_info();
  together.arrive_and_wait();
  for (std::thread& thread : threads) thread.join();
  std::size_t arenas = 0;
  for (std::size_t at = 0; (at = document.find("<heap nr=", at)) != document.npos; ++at) ++arenas;
  return arenas;
}

Finding glibc() {
  Finding finding{.allocator = "glibc", .version = gnu_get_libc_version(), .settings = {}};
  if (malloc_info != nullptr) finding.settings["arena_max"] = std::to_string(arenas_of_threads());
  return finding;
}

}  // namespace

Finding identify() {
  if (is_bump()) return {.allocator = "bump", .version = "", .settings = {}};
  if (is_jemalloc()) return jemalloc();
  if (is_tcmalloc()) return tcmalloc();
  if (is_mimalloc()) return mimalloc();
  if (is_scudo() && signs_as_scudo()) return {.allocator = "scudo", .version = "", .settings = {}};
  if (is_glibc()) return glibc();
  return {.allocator = "unknown", .version = "", .settings = {}};
}

}  // namespace probe
