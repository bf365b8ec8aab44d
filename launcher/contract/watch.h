// Everything that can happen to a running function, in one wait: bytes on a socket, a trapped system call, its end, the
// deadline. Also keeps what it writes to stderr from filling the pipe, and remembers the tail.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "launcher/base/clock.h"
#include "launcher/base/fd.h"

namespace frostbyte::contract {

enum class Wake : std::uint8_t { readable, trapped, exited, deadline };

/// Whether waiting may spin: only when the launcher's core is not the function's. Spinning takes the launcher's wake-up
/// out of the time a function spends in a trapped listen(2).
enum class Waiting : bool { blocking, spinning };

class Watch {
 public:
  struct Handles {
    pid_t pid = 0;
    int pidfd = -1;
    int notifications = -1;  ///< seccomp notification descriptor, or -1
    int stderr_read = -1;    ///< non-blocking read end of the function's stderr, or -1
    int attended = -1;       ///< what else has to be seen to while waiting, or -1, and by whom
    std::function<void()> attend = {};
  };
  Watch(const Handles& handles, Instant deadline, Waiting waiting);

  /// Until `fd` (or none, -1) has something to read, or one of the other things happens. Data wins over exit: a
  /// function that answers and exits has answered.
  Wake wait(int fd);
  /// The same, but wakes with `deadline` at `until` at the latest.
  Wake wait_until(int fd, Instant until);
  /// Until one of several descriptors is readable; returns its index by `ready`.
  Wake wait_any(const int* fds, std::size_t count, std::size_t& ready, Instant until);

  [[nodiscard]] pid_t pid() const { return handles_.pid; }
  [[nodiscard]] int pidfd() const { return handles_.pidfd; }
  [[nodiscard]] int notifications() const { return handles_.notifications; }
  [[nodiscard]] int stderr_read() const { return handles_.stderr_read; }
  [[nodiscard]] Instant deadline() const { return deadline_; }
  /// For what follows the conversation.
  void set_deadline(Instant deadline) { deadline_ = deadline; }

  /// The last look at the sockets that found nothing to read: whatever was read since arrived after it.
  struct Look {
    std::optional<Instant> nothing;
    bool slept = false;  ///< the launcher slept since then, and may have woken long after the arrival
  };
  [[nodiscard]] const Look& look() const { return look_; }
  /// What a sleeping core of a virtual machine takes to wake, at most.
  static constexpr Nanos kWakeTime = std::chrono::microseconds(100);

  /// The trapped program is gone or execs no more: its notification descriptor only reports hang-ups from now on.
  void forget_notifications() { handles_.notifications = -1; }

  /// Takes what is in the stderr pipe now. The tail is the last kTailSize bytes ever written.
  void drain_stderr();
  static constexpr std::size_t kTailSize = 4096;
  [[nodiscard]] const std::string& stderr_tail() const { return tail_; }

 private:
  Handles handles_;
  Instant deadline_;
  Waiting waiting_;
  Instant spin_until_;
  Look look_;
  std::string tail_;
};

}  // namespace frostbyte::contract
