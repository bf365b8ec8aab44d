// The one clock of every stamp: CLOCK_MONOTONIC in the launcher's time namespace, read through the vDSO.
#pragma once

#include <chrono>
#include <ctime>

#include "launcher/base/units.h"

namespace frostbyte {

/// A C++ clock over CLOCK_MONOTONIC; steady_clock is the same clock on Linux, but the standard does not promise it.
struct MonotonicClock {
  using duration = Nanos;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonotonicClock, Nanos>;
  static constexpr bool is_steady = true;

  static time_point now() noexcept {
    timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return time_point(Nanos(t.tv_sec * 1'000'000'000LL + t.tv_nsec));
  }
};

using Instant = MonotonicClock::time_point;

}  // namespace frostbyte
