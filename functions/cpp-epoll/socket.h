// Sockets as this function needs them: their owner, and the two ways to get a listener.
#pragma once

#include <utility>

namespace net {

/// Owns one descriptor, or none.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) noexcept : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd();
  [[nodiscard]] int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// A non-blocking listener: inherited when LISTEN_FDS and LISTEN_PID say so (sd_listen_fds(3)), else bound to
/// 0.0.0.0:$PORT, 8080 by default. Empty on failure, which has been reported on standard error.
Fd listener_from_environment();

}  // namespace net
