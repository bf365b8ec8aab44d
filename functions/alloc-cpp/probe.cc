#include "probe.h"

#include <gnu/libc-version.h>
#include <malloc.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

// Each is there when its allocator is linked, and null otherwise. A weak reference takes nothing out of an archive, so
// asking changes no build.
extern "C" {
[[gnu::weak]] int mallctl(const char* name, void* old, std::size_t* old_size, void* fresh, std::size_t fresh_size);
[[gnu::weak]] const char* tc_version(int* major, int* minor, const char** patch);
[[gnu::weak]] int MallocExtension_GetOwnership(const void* block);
[[gnu::weak]] int MallocExtension_GetNumericProperty(const char* name, std::size_t* value);
[[gnu::weak]] int mi_version();
[[gnu::weak]] bool mi_is_in_heap_region(const void* block);
[[gnu::weak]] long mi_option_get(int option);
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

bool is_scudo() { return __scudo_print_stats != nullptr && malloc_info != nullptr; }

/// malloc_info(3): scudo signs its document.
bool signs_as_scudo() {
  char* text = nullptr;
  std::size_t size = 0;
  std::FILE* file = open_memstream(&text, &size);
  if (file == nullptr) return false;
  malloc_info(0, file);
  std::fclose(file);
  const bool scudo = text != nullptr && std::string(text).find("scudo") != std::string::npos;
  std::free(text);
  return scudo;
}

bool is_bump() { return bump_allocator_position != nullptr && grows_with_malloc(bump_allocator_position); }

bool is_glibc() {
  return mallinfo2 != nullptr && grows_with_malloc([] { return mallinfo2().uordblks; });
}

}  // namespace

Finding identify() {
  if (is_bump()) return {.allocator = "bump", .version = "", .settings = {}};
  if (is_jemalloc()) return jemalloc();
  if (is_tcmalloc()) return tcmalloc();
  if (is_mimalloc()) return {.allocator = "mimalloc", .version = std::to_string(mi_version()), .settings = {}};
  if (is_scudo() && signs_as_scudo()) return {.allocator = "scudo", .version = "", .settings = {}};
  if (is_glibc()) return {.allocator = "glibc", .version = gnu_get_libc_version(), .settings = {}};
  return {.allocator = "unknown", .version = "", .settings = {}};
}

}  // namespace probe
