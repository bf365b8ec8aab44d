// What else happened on the machine during a launch: read before and after, off the clock, as differences.
#pragma once

#include "launcher/base/fd.h"
#include "launcher/launch/memory.h"

namespace frostbyte::launch {

/// Keeps /proc/stat and /proc/pressure/* open; one pread each per reading.
class DisturbanceMeter {
 public:
  static DisturbanceMeter open();
  void start();
  /// disturbance.steal (ns, clock-tick quantum), disturbance.pressure_cpu / _memory / _io (ns of "some" stall), with
  /// reasons where the kernel has no PSI.
  void stop(Figures& into);

 private:
  Fd stat_;
  Fd pressure_cpu_, pressure_memory_, pressure_io_;
  std::int64_t steal_ = 0, cpu_ = 0, memory_ = 0, io_ = 0;
  bool has_stat_ = false, has_cpu_ = false, has_memory_ = false, has_io_ = false;
};

}  // namespace frostbyte::launch
