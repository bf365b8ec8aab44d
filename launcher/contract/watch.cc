#include "launcher/contract/watch.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace frostbyte::contract {
namespace {

/// Watch::kWakeTime is below half a percent of a start that takes longer than this. Spinning on would only take a core
/// from the rest of the machine.
constexpr Nanos kSpinTime = std::chrono::milliseconds(25);
constexpr std::size_t kMaxSockets = 12;

timespec to_timespec(Nanos left) {
  const auto count = std::max<std::int64_t>(left.count(), 0);
  return {.tv_sec = count / 1'000'000'000, .tv_nsec = count % 1'000'000'000};
}

}  // namespace

Watch::Watch(const Handles& handles, Instant deadline, Waiting waiting)
    : handles_(handles), deadline_(deadline), waiting_(waiting), spin_until_(MonotonicClock::now() + kSpinTime) {}

Wake Watch::wait(int fd) { return wait_until(fd, deadline_); }

Wake Watch::wait_until(int fd, Instant until) {
  std::size_t ready = 0;
  return wait_any(&fd, 1, ready, until);
}

Wake Watch::wait_any(const int* fds, std::size_t count, std::size_t& ready, Instant until) {
  std::array<pollfd, kMaxSockets + 4> set{};
  count = std::min(count, kMaxSockets);
  for (std::size_t i = 0; i < count; ++i) set[i] = {.fd = fds[i], .events = POLLIN, .revents = 0};
  pollfd& trapped = set[count] = {.fd = handles_.notifications, .events = POLLIN, .revents = 0};
  pollfd& exited = set[count + 1] = {.fd = handles_.pidfd, .events = POLLIN, .revents = 0};
  pollfd& errors = set[count + 2] = {.fd = handles_.stderr_read, .events = POLLIN, .revents = 0};
  const pollfd& attended = set[count + 3] = {.fd = handles_.attended, .events = POLLIN, .revents = 0};
  until = std::min(until, deadline_);
  for (;;) {
    const Instant now = MonotonicClock::now();
    if (now >= until) return Wake::deadline;
    const bool spin = waiting_ == Waiting::spinning && now < spin_until_;
    const timespec timeout = to_timespec(spin ? Nanos(0) : until - now);
    const bool happened = ::ppoll(set.data(), count + 4, &timeout, nullptr) > 0;
    look_.slept = !spin;
    if (!happened) {
      look_.nothing = now;
      continue;
    }
    for (std::size_t i = 0; i < count; ++i) {
      if (set[i].revents == 0) continue;
      ready = i;
      return Wake::readable;
    }
    if ((trapped.revents & POLLIN) != 0) return Wake::trapped;
    if (exited.revents != 0) return Wake::exited;
    if (attended.revents != 0) handles_.attend();
    if (trapped.revents != 0) trapped.fd = handles_.notifications = -1;  // hang-up: nobody is left to trap
    if ((errors.revents & POLLIN) != 0) drain_stderr();
    if ((errors.revents & (POLLHUP | POLLERR)) != 0 && (errors.revents & POLLIN) == 0)
      errors.fd = handles_.stderr_read = -1;
  }
}

void Watch::drain_stderr() {
  std::array<char, 65536> buffer;
  // One pipe's worth at most: a function that writes without end must not hold the launcher here.
  for (int round = 0; round < 16; ++round) {
    const ssize_t n = handles_.stderr_read < 0 ? -1 : ::read(handles_.stderr_read, buffer.data(), buffer.size());
    if (n <= 0) return;
    tail_.append(buffer.data(), static_cast<std::size_t>(n));
    if (tail_.size() > kTailSize) tail_.erase(0, tail_.size() - kTailSize);
  }
}

}  // namespace frostbyte::contract
