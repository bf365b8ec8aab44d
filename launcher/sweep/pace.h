// The constant idle gap before each launch. Constant because idling itself changes what is measured: a gap of 30 ms
// doubles the figure of a launch (deeper sleep states, colder caches), so it must not vary within a run.
#pragma once

#include <atomic>

#include "launcher/base/clock.h"

namespace frostbyte::sweep {

class Pace {
 public:
  explicit Pace(Nanos gap) : gap_(gap), last_(MonotonicClock::now()) {}

  /// The machine was busy on our behalf until now: the end of a launch, of preparing a batch.
  void busy_until_now() { last_ = MonotonicClock::now(); }

  /// Sleeps to an absolute time, so that what was done since does not lengthen the gap. Returns early when interrupted.
  void wait(const std::atomic<bool>& interrupted) const;

 private:
  Nanos gap_;
  Instant last_;
};

}  // namespace frostbyte::sweep
