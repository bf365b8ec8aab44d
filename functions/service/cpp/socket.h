// Sockets as the C++ functions need them: their owner, and the two ways to get a listener.
#pragma once

#include <cstdint>
#include <optional>
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

/// Where the environment asks to be served: on a descriptor that is handed over, listening (LISTEN_FDS and LISTEN_PID,
/// sd_listen_fds(3)), or on 0.0.0.0:$PORT, 8080 by default.
struct Place {
  bool inherited = false;
  std::uint16_t port = 0;  ///< 0 when inherited
};
inline constexpr int kInheritedListener = 3;

/// Nothing when PORT is not a port number, which has been reported on standard error.
std::optional<Place> place_from_environment();

/// A non-blocking listener at that place. Empty on failure, which has been reported on standard error.
Fd listener_from_environment();

}  // namespace net
