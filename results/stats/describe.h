// Moments, spread and outliers of one set of values.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "results/stats/order.h"

namespace frostbyte::stats {

struct Moments {
  double mean = 0;
  std::optional<double> sd;  ///< with n − 1; absent for one value
};
/// Two passes, so that nanoseconds since boot lose nothing. Requires at least one value.
Moments moments(std::span<const double> values);

/// Median of the absolute deviations from the median, not scaled.
double median_absolute_deviation(Sorted sorted);

/// Tukey's fences: 1.5 and 3 interquartile ranges beyond the quartiles. Outliers are counted, never dropped.
struct Outliers {
  std::uint64_t mild = 0;    ///< beyond the inner fence and not the outer
  std::uint64_t severe = 0;  ///< beyond the outer fence
};
Outliers outliers(Sorted sorted);

}  // namespace frostbyte::stats
