#include "launcher/sweep/pace.h"

#include <cerrno>

namespace frostbyte::sweep {

void Pace::wait(const std::atomic<bool>& interrupted) const {
  if (gap_ <= Nanos(0)) return;
  const Nanos until = (last_ + gap_).time_since_epoch();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(until);
  const timespec at{.tv_sec = seconds.count(), .tv_nsec = (until - seconds).count()};
  while (!interrupted && clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr) == EINTR) {
  }
}

}  // namespace frostbyte::sweep
