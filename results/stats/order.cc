#include "results/stats/order.h"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <cmath>
#include <numeric>

namespace frostbyte::stats {

double quantile(Sorted sorted, double p) {
  const auto n = sorted.size();
  const double h = static_cast<double>(n) * p;
  // n·p is exact only in arithmetic: 100 × 0.07 is 7.000000000000001 and must count as 7.
  const double nearest = std::round(h);
  const bool whole = std::abs(h - nearest) <= 1e-9 * std::max(1.0, h);
  const auto clamp = [&](double rank) {
    return static_cast<std::size_t>(std::clamp(rank, 1.0, static_cast<double>(n))) - 1;
  };
  if (!whole) return sorted[clamp(std::ceil(h))];
  return std::midpoint(sorted[clamp(nearest)], sorted[clamp(nearest + 1)]);
}

std::optional<Ranks> quantile_ranks(std::uint64_t n, double p, double level) {
  if (n == 0) return std::nullopt;
  const boost::math::binomial_distribution<double> below(static_cast<double>(n), p);
  const double tail = (1 - level) / 2;
  // P(at most k of n samples are below the quantile).
  const auto at_most = [&](std::int64_t k) {
    return k < 0 ? 0.0 : k >= static_cast<std::int64_t>(n) ? 1.0 : cdf(below, k);
  };

  // Sample number `low` exceeds the quantile when fewer than `low` samples are below it; number `high` falls short of
  // it when at least `high` are. Boost's rounding of the quantile is a start, the two loops make it exact.
  auto low = static_cast<std::int64_t>(boost::math::quantile(below, tail));
  while (at_most(low) <= tail) ++low;
  while (low > 0 && at_most(low - 1) > tail) --low;
  auto high = static_cast<std::int64_t>(boost::math::quantile(complement(below, tail)));
  while (at_most(high - 1) < 1 - tail) ++high;
  while (high > 1 && at_most(high - 2) >= 1 - tail) --high;
  if (low < 1 || high > static_cast<std::int64_t>(n)) return std::nullopt;
  return Ranks{.low = static_cast<std::uint64_t>(low),
               .high = static_cast<std::uint64_t>(high),
               .coverage = at_most(high - 1) - at_most(low - 1)};
}

std::optional<Interval> quantile_interval(Sorted sorted, double p, double level) {
  const auto ranks = quantile_ranks(sorted.size(), p, level);
  if (!ranks) return std::nullopt;
  return Interval{.low = sorted[ranks->low - 1], .high = sorted[ranks->high - 1]};
}

std::uint64_t samples_needed(double p, double level) {
  return static_cast<std::uint64_t>(std::ceil(std::log(1 - level) / std::log(p)));
}

}  // namespace frostbyte::stats
