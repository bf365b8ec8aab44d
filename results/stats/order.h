// Quantiles and their intervals from order statistics alone: no assumption about the distribution, no interpolation.
//
// Definition of a quantile: inverse of the empirical distribution, averaged where it is flat (Hyndman and Fan 1996,
// type 2). The median is the usual one, every other percentile is a value that was measured, and negating or scaling
// the data negates or scales the quantile, which the nearest-rank definition alone does not do.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace frostbyte::stats {

/// Sorted ascending, finite. All functions of this header that take one require at least one value.
using Sorted = std::span<const double>;

struct Interval {
  double low = 0;
  double high = 0;
};

/// `p` in [0, 1].
double quantile(Sorted sorted, double p);
inline double median(Sorted sorted) { return quantile(sorted, 0.5); }

/// Ranks, from 1, of two order statistics that enclose the quantile.
struct Ranks {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  double coverage = 0;  ///< exact for continuous distributions, at least the level asked for; more with ties
};

/// Equal-tailed interval of the p-quantile of n samples at `level`; nothing when n is too small to enclose it.
/// Le Boudec, Performance Evaluation of Computer and Communication Systems, theorem 2.1.
std::optional<Ranks> quantile_ranks(std::uint64_t n, double p, double level);
std::optional<Interval> quantile_interval(Sorted sorted, double p, double level);

/// Samples from which on the largest is above the p-quantile with probability `level`: p99 needs 299 at 95 %, p95 59,
/// p90 29. Below that "p99" is only another name of the maximum.
std::uint64_t samples_needed(double p, double level);

}  // namespace frostbyte::stats
