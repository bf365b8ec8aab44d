// An allocator that only ever takes: the floor under every other allocator's start. Memory is reserved once, 64 GiB of
// addresses, and becomes real where it is touched; nothing is given back, so a program under load grows until it is
// ended. Not for use in anything but a measurement of what an allocator costs.
#include <sys/mman.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace {

constexpr std::size_t kReserve = std::size_t{64} << 30;
constexpr std::size_t kAlignment = 16;

std::atomic<std::uintptr_t> next_address = 0;
std::uintptr_t end_address = 0;

std::uintptr_t reserve() {
  void* start = mmap(nullptr, kReserve, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (start == MAP_FAILED) return 0;
  end_address = reinterpret_cast<std::uintptr_t>(start) + kReserve;
  return reinterpret_cast<std::uintptr_t>(start);
}

/// The size stands in the word before the block, for realloc.
void* take(std::size_t size, std::size_t alignment) {
  static const std::uintptr_t start = reserve();
  if (start == 0 || size > kReserve / 2) return nullptr;
  std::uintptr_t expected = next_address.load(std::memory_order_relaxed);
  std::uintptr_t block = 0;
  do {
    const std::uintptr_t from = expected == 0 ? start : expected;
    block = (from + sizeof(std::size_t) + alignment - 1) & ~(alignment - 1);
    if (block + size > end_address) return nullptr;
  } while (!next_address.compare_exchange_weak(expected, block + size, std::memory_order_relaxed));
  reinterpret_cast<std::size_t*>(block)[-1] = size;
  return reinterpret_cast<void*>(block);
}

void* take_or_fail(std::size_t size, std::size_t alignment) {
  void* block = take(size, alignment < kAlignment ? kAlignment : alignment);
  if (block == nullptr) errno = ENOMEM;
  return block;
}

std::size_t size_of(const void* block) { return block == nullptr ? 0 : static_cast<const std::size_t*>(block)[-1]; }

}  // namespace

extern "C" {

/// How far the allocator has come: what the probe looks at.
std::uintptr_t bump_allocator_position() { return next_address.load(std::memory_order_relaxed); }

void* malloc(std::size_t size) { return take_or_fail(size, kAlignment); }

void free(void*) {}

void* calloc(std::size_t count, std::size_t size) {
  std::size_t bytes = 0;
  if (__builtin_mul_overflow(count, size, &bytes)) {
    errno = ENOMEM;
    return nullptr;
  }
  return take_or_fail(bytes, kAlignment);  // fresh pages are zero
}

void* realloc(void* old, std::size_t size) {
  if (old != nullptr && size_of(old) >= size) return old;
  void* block = take_or_fail(size, kAlignment);
  if (block != nullptr && old != nullptr) std::memcpy(block, old, size_of(old));
  return block;
}

void* memalign(std::size_t alignment, std::size_t size) { return take_or_fail(size, alignment); }
void* aligned_alloc(std::size_t alignment, std::size_t size) { return take_or_fail(size, alignment); }
void* valloc(std::size_t size) { return take_or_fail(size, 4096); }
void* pvalloc(std::size_t size) { return take_or_fail((size + 4095) & ~std::size_t{4095}, 4096); }

int posix_memalign(void** block, std::size_t alignment, std::size_t size) {
  void* taken = take(size, alignment < kAlignment ? kAlignment : alignment);
  if (taken == nullptr) return ENOMEM;
  *block = taken;
  return 0;
}

std::size_t malloc_usable_size(void* block) { return size_of(block); }
}
