#include "launcher/launch/residency.h"

#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

namespace frostbyte::launch {
namespace {

constexpr long kCachestat = 451;  // Linux 6.5; not in this glibc's headers

struct CachestatRange {
  std::uint64_t offset;
  std::uint64_t length;  // 0: to the end of the file
};
struct Cachestat {
  std::uint64_t cached;
  std::uint64_t dirty;
  std::uint64_t writeback;
  std::uint64_t evicted;
  std::uint64_t recently_evicted;
};

std::int64_t page_size() {
  static const std::int64_t size = ::sysconf(_SC_PAGESIZE);
  return size;
}

Residency from_pages(std::uint64_t pages, std::int64_t size) {
  return {.resident = Bytes{std::min(static_cast<std::int64_t>(pages) * page_size(), size)}, .total = Bytes{size}};
}

Failure refused(const std::string& path) {
  return system_failure(EPERM, "ask for the page cache of", path,
                        "the kernel tells only a file's owner or one who may write it: run as its owner or as root");
}

Result<Residency> by_cachestat(int fd, const std::string& path, std::int64_t size) {
  CachestatRange range{};
  Cachestat found{};
  if (::syscall(kCachestat, fd, &range, &found, 0) == 0) return from_pages(found.cached, size);
  if (errno == EPERM) return refused(path);
  return system_failure("ask for the page cache of", path);
}

/// mincore(2) answers "all resident" to those who may not know (Linux 5.2).
bool may_ask(int fd, const struct stat& facts) {
  const std::string itself = "/proc/self/fd/" + std::to_string(fd);
  return ::geteuid() == facts.st_uid || ::geteuid() == 0 || ::access(itself.c_str(), W_OK) == 0;
}

/// A mapping of part of a file, never touched: it brings nothing in.
class Window {
 public:
  Window(int fd, std::int64_t offset, std::int64_t length)
      : start_(::mmap(nullptr, static_cast<std::size_t>(length), PROT_READ, MAP_SHARED, fd, offset)),
        length_(static_cast<std::size_t>(length)) {}
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;
  ~Window() {
    if (start_ != MAP_FAILED) ::munmap(start_, length_);
  }
  /// -1 and errno when the kernel refuses.
  [[nodiscard]] std::int64_t resident_pages() const {
    if (start_ == MAP_FAILED) return -1;
    std::vector<unsigned char> pages((length_ + static_cast<std::size_t>(page_size()) - 1) / page_size());
    if (::mincore(start_, length_, pages.data()) != 0) return -1;
    return std::ranges::count_if(pages, [](unsigned char page) { return (page & 1) != 0; });
  }

 private:
  void* start_;
  std::size_t length_;
};

Result<Residency> by_mincore(int fd, const std::string& path, std::int64_t size) {
  constexpr std::int64_t kWindow = 64 << 20;
  std::int64_t pages = 0;
  for (std::int64_t offset = 0; offset < size; offset += kWindow) {
    const std::int64_t found = Window(fd, offset, std::min(kWindow, size - offset)).resident_pages();
    if (found < 0) return system_failure("ask for the page cache of", path);
    pages += found;
  }
  return from_pages(static_cast<std::uint64_t>(pages), size);
}

bool has_cachestat() {
  // A descriptor that cannot be open: EBADF says the call exists.
  static const bool has = ::syscall(kCachestat, -1, nullptr, nullptr, 0) != 0 && errno != ENOSYS && errno != EPERM;
  return has;
}

}  // namespace

Proof proof_for(int fd) {
  if (!has_cachestat()) return Proof::mincore;
  struct statfs facts{};
  if (::fstatfs(fd, &facts) != 0 || facts.f_type == OVERLAYFS_SUPER_MAGIC) return Proof::mincore;
  return Proof::cachestat;
}

Result<Residency> residency(int fd, const std::string& path) { return residency(fd, path, proof_for(fd)); }

Result<Residency> residency(int fd, const std::string& path, Proof proof) {
  struct stat facts{};
  if (::fstat(fd, &facts) != 0) return system_failure("examine", path);
  if (facts.st_size == 0) return Residency{};
  if (proof == Proof::cachestat) return by_cachestat(fd, path, facts.st_size);
  if (!may_ask(fd, facts)) return refused(path);
  return by_mincore(fd, path, facts.st_size);
}

std::string PageCache::proof_method() { return has_cachestat() ? "cachestat" : "mincore"; }

}  // namespace frostbyte::launch
