// Owners of file descriptors. A raw close() appears in fd.cc and nowhere else.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <utility>

#include "launcher/base/result.h"

namespace frostbyte {

/// Owns one file descriptor, or none.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) noexcept : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { reset(); }

  [[nodiscard]] int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }
  [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }
  void reset(int fd = -1) noexcept;

 private:
  int fd_ = -1;
};

struct Pipe {
  Fd read;
  Fd write;
};

/// Opens with O_CLOEXEC added. Errors: the errno of open(2), with the path as subject.
Result<Fd> open_file(const std::string& path, int flags, mode_t mode = 0644);

/// A pipe, close-on-exec at both ends.
Result<Pipe> make_pipe();

/// Raises the soft limit of open files to the hard limit (a batch of slots holds several descriptors each) and returns
/// the soft limit there was, which is what a function should still see.
Result<rlim_t> raise_open_file_limit();

}  // namespace frostbyte
