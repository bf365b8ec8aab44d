// Latencies in constant memory at constant relative precision: log-linear buckets as HdrHistogram has them, so that a
// p99.9 of ten million responses costs no more than one of ten, and recording costs a shift and an increment.
// Debian packages HdrHistogram for Java and Go only; this is the part of it that a load phase needs.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "launcher/base/units.h"

namespace frostbyte::load {

class Histogram {
 public:
  /// A quantile is never below the recorded value, and above it by at most this part of it.
  static constexpr double kPrecision = 1.0 / 1024;

  Histogram();

  /// Negative durations count as 0, what exceeds 2^42 ns (73 minutes) as that.
  void record(Nanos value);

  [[nodiscard]] std::uint64_t count() const { return count_; }
  /// Exact. 0 when nothing was recorded.
  [[nodiscard]] Nanos max() const { return max_; }
  /// The value that at least a part `q` in (0, 1] of the recorded values does not exceed, rounded up within kPrecision.
  /// 0 when nothing was recorded.
  [[nodiscard]] Nanos quantile(double q) const;

 private:
  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  Nanos max_{0};
};

}  // namespace frostbyte::load
