// Whole small files: /proc and /sys values, configuration, results written atomically.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "launcher/base/fd.h"
#include "launcher/base/result.h"

namespace frostbyte {

/// The file's content. Reads until end of file (so /proc works) and refuses more than `limit` bytes.
Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit = 64u << 20);

/// The same without surrounding white space; what most /proc and /sys files need.
Result<std::string> read_trimmed(const std::filesystem::path& path);

/// Writes all of `data`, in one write(2) where the kernel takes it at once (cgroup and /proc files need that).
Result<void> write_all(int fd, std::string_view data, const std::string& subject);

/// Writes `data` into an existing file, as one write(2): for /proc, /sys and cgroup files. Never creates.
Result<void> write_value(const std::filesystem::path& path, std::string_view data);

/// Replaces `path` by `data`: a temporary file beside it, fsync, rename. Readers see the old or the new, never a part.
Result<void> write_atomically(const std::filesystem::path& path, std::string_view data);

/// $TMPDIR, or /tmp.
std::filesystem::path temporary_base();

/// A directory of our own below temporary_base(), removed with all it holds at the end of its life. Its name,
/// `frostbyte-PID-START-XXXXXX`, and a lock held on it let `doctor` tell a live owner's from what a killed run left
/// behind.
class TempDir {
 public:
  static Result<TempDir> create(std::string_view prefix = "frostbyte-");
  TempDir(TempDir&& other) noexcept : path_(std::exchange(other.path_, {})), lock_(std::move(other.lock_)) {}
  TempDir& operator=(TempDir&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(lock_, other.lock_);
    return *this;
  }
  ~TempDir();
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  TempDir(std::filesystem::path path, Fd lock) : path_(std::move(path)), lock_(std::move(lock)) {}
  std::filesystem::path path_;
  Fd lock_;
};

}  // namespace frostbyte
