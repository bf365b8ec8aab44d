// What else happened on the machine during a launch: read before and after, off the clock, as differences.
#pragma once

#include <cstdint>
#include <optional>

#include "launcher/base/clock.h"
#include "launcher/base/fd.h"
#include "launcher/launch/memory.h"

namespace frostbyte::launch {

/// Keeps /proc/stat and /proc/pressure/* open; one pread each per reading.
class DisturbanceMeter {
 public:
  static DisturbanceMeter open();
  /// The readings a launch before this one ended with, less than a millisecond ago, serve as its beginning.
  void start();
  /// disturbance.steal (ns, clock-tick quantum), disturbance.pressure_cpu / _memory / _io (ns of "some" stall), with
  /// reasons where the kernel has no PSI.
  void stop(Figures& into);

 private:
  /// Totals since boot; nothing where the kernel does not tell.
  struct Readings {
    std::optional<std::int64_t> steal, cpu, memory, io;
  };
  [[nodiscard]] Readings read() const;

  Fd stat_;
  Fd pressure_cpu_, pressure_memory_, pressure_io_;
  Readings last_;
  Instant read_at_{};
};

}  // namespace frostbyte::launch
