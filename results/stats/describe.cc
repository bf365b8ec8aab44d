#include "results/stats/describe.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace frostbyte::stats {

Moments moments(std::span<const double> values) {
  const auto n = static_cast<double>(values.size());
  // Around the first value: equal values then have exactly that mean and no deviation.
  const double origin = values.front();
  double sum = 0;
  for (const double value : values) sum += value - origin;
  const double mean = origin + sum / n;
  if (values.size() == 1) return {.mean = mean, .sd = std::nullopt};
  double squares = 0;
  double rest = 0;
  for (const double value : values) {
    squares += (value - mean) * (value - mean);
    rest += value - mean;
  }
  return {.mean = mean, .sd = std::sqrt(std::max(0.0, squares - rest * rest / n) / (n - 1))};
}

double median_absolute_deviation(Sorted sorted) {
  const double center = median(sorted);
  std::vector<double> deviations(sorted.size());
  // The farthest value left is always at one of the two ends, so the deviations come sorted.
  std::size_t begin = 0;
  std::size_t end = sorted.size();
  for (std::size_t i = sorted.size(); i-- > 0;) {
    const double below = center - sorted[begin];
    const double above = sorted[end - 1] - center;
    deviations[i] = std::max(below, above);
    below > above ? ++begin : --end;
  }
  return median(deviations);
}

Outliers outliers(Sorted sorted) {
  const double q1 = quantile(sorted, 0.25);
  const double q3 = quantile(sorted, 0.75);
  const auto beyond = [&](double ranges) {
    const double fence = ranges * (q3 - q1);
    const auto below = std::ranges::lower_bound(sorted, q1 - fence) - sorted.begin();
    const auto above = sorted.end() - std::ranges::upper_bound(sorted, q3 + fence);
    return static_cast<std::uint64_t>(below + above);
  };
  const std::uint64_t severe = beyond(3);
  return {.mild = beyond(1.5) - severe, .severe = severe};
}

}  // namespace frostbyte::stats
