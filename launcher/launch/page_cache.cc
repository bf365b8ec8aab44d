#include "launcher/launch/page_cache.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <thread>
#include <vector>

#include "launcher/base/fd.h"
#include "launcher/launch/residency.h"

namespace frostbyte::launch {
namespace {

constexpr int kAttempts = 4;
constexpr auto kFirstPause = std::chrono::milliseconds(1);
constexpr std::size_t kReadSize = 1 << 20;

Result<Fd> open_own(const std::filesystem::path& path) { return open_file(path.string(), O_RDONLY); }

bool lives_in_memory(int fd) {
  struct statfs facts{};
  if (::fstatfs(fd, &facts) != 0) return false;
  return facts.f_type == TMPFS_MAGIC || facts.f_type == RAMFS_MAGIC || facts.f_type == HUGETLBFS_MAGIC;
}

/// Read-only file systems have nothing to write back and may refuse to try.
Result<void> write_back(int fd, const std::string& path) {
  if (::fsync(fd) == 0 || errno == EINVAL || errno == EROFS) return {};
  return system_failure("write back", path);
}

Failure stays_resident(const std::string& path, const Residency& left) {
  return failure("evict from the page cache", path,
                 to_string(left.resident) + " of " + to_string(left.total) +
                     " stay resident: a live process maps the file, or something keeps writing it",
                 "end the processes that `fuser -v " + path + "` lists");
}

Result<Residency> evict_file(const std::filesystem::path& file) {
  const std::string path = file.string();
  const Fd fd = TRY(open_own(file));
  if (lives_in_memory(fd.get())) {
    return failure("evict from the page cache", path,
                   "it is on a file system in memory, where the page cache is the file",
                   "put the function on a disk file system for cold launches");
  }
  Residency left;
  auto pause = kFirstPause;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const int refused = ::posix_fadvise(fd.get(), 0, 0, POSIX_FADV_DONTNEED);
    if (refused != 0) return system_failure(refused, "evict from the page cache", path);
    left = TRY(residency(fd.get(), path));
    if (left.resident.count == 0) return left;
    // Written meanwhile, or still on its way through another processor's batch of pages.
    TRY(write_back(fd.get(), path));
    std::this_thread::sleep_for(pause);
    pause *= 2;
  }
  return stays_resident(path, left);
}

Result<void> read_through(int fd, const std::string& path, std::vector<char>& buffer) {
  off_t offset = 0;
  for (;;) {
    const ssize_t n = ::pread(fd, buffer.data(), buffer.size(), offset);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_failure("read", path);
    if (n == 0) return {};
    offset += n;
  }
}

Result<Residency> warm_file(const std::filesystem::path& file, std::vector<char>& buffer) {
  const std::string path = file.string();
  const Fd fd = TRY(open_own(file));
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    TRY(read_through(fd.get(), path, buffer));
    const Residency now = TRY(residency(fd.get(), path));
    if (now.resident == now.total) return now;
  }
  return failure("keep in the page cache", path, "pages leave it as fast as they are read: memory is short",
                 "free memory, or raise the memory limit of the cgroup frostbyte runs in");
}

void add(Residency& sum, const Residency& part) {
  sum.resident.count += part.resident.count;
  sum.total.count += part.total.count;
}

}  // namespace

PageCache::PageCache(FileSet files) : files_(std::move(files)) {}

Result<void> PageCache::flush() {
  for (const auto& file : files_.own) TRY(write_back(TRY(open_own(file)).get(), file.string()));
  return {};
}

Result<Residency> PageCache::evict() {
  Residency sum;
  for (const auto& file : files_.own) add(sum, TRY(evict_file(file)));
  return sum;
}

Result<Residency> PageCache::warm() {
  Residency sum;
  std::vector<char> buffer(kReadSize);
  for (const auto& file : files_.own) add(sum, TRY(warm_file(file, buffer)));
  return sum;
}

std::vector<std::filesystem::path> PageCache::resident_shared() const {
  std::vector<std::filesystem::path> resident;
  for (const auto& file : files_.shared) {
    const auto fd = open_own(file);
    const auto found = fd ? residency(fd->get(), file.string()) : std::unexpected(fd.error());
    // Of a file the kernel will not tell us about, the worse is assumed: it would be a cold figure's flaw.
    if (!found || found->resident.count > 0) resident.push_back(file);
  }
  return resident;
}

}  // namespace frostbyte::launch
