#include "results/stats/two_sample.h"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <cstdint>
#include <vector>

#include "results/stats/describe.h"
#include "results/stats/selection.h"
#include "results/stats/trend.h"

namespace frostbyte::stats {
namespace {

constexpr std::size_t kExactLimit = 30;
constexpr std::size_t kFewestForInflation = 100;

std::vector<double> sorted_copy(std::span<const double> values) {
  std::vector<double> sorted(values.begin(), values.end());
  std::ranges::sort(sorted);
  return sorted;
}

/// P(U ≤ k) for n and m values without ties, k = 0 … n·m: the number of ways to choose m of n + m ranks by their sum
/// is the coefficient of a product of (1 − x^(n+i)) / (1 − x^i), built one factor at a time.
std::vector<double> mann_whitney_cdf(std::size_t n, std::size_t m) {
  std::vector<double> ways(n * m + 1, 0.0);
  ways[0] = 1;
  for (std::size_t i = 1; i <= m; ++i) {
    for (std::size_t sum = ways.size(); sum-- > n + i;) ways[sum] -= ways[sum - n - i];
    for (std::size_t sum = i; sum < ways.size(); ++sum) ways[sum] += ways[sum - i];
  }
  for (std::size_t sum = 1; sum < ways.size(); ++sum) ways[sum] += ways[sum - 1];
  const double total = ways.back();
  for (double& count : ways) count /= total;
  return ways;
}

/// Pairs with candidate − base ≤ limit, in one pass over both.
std::uint64_t count_differences_up_to(Sorted base, Sorted candidate, double limit) {
  std::uint64_t count = 0;
  std::size_t end = 0;
  for (const double from : base) {
    while (end < candidate.size() && candidate[end] - from <= limit) ++end;
    count += end;
  }
  return count;
}

double select_difference(Sorted base, Sorted candidate, std::uint64_t k, Grid grid) {
  return select_kth(candidate.front() - base.back(), candidate.back() - base.front(), k, grid,
                    [&](double limit) { return count_differences_up_to(base, candidate, limit); });
}

double standard_normal_quantile(double p) { return quantile(boost::math::normal_distribution<double>(), p); }

/// How many of the smallest differences lie below the interval; nothing when there are too few values for the level.
std::optional<std::uint64_t> differences_below(std::size_t n, std::size_t m, double level, double inflation) {
  const double tail = (1 - level) / 2;
  if (n <= kExactLimit && m <= kExactLimit) {
    const std::vector<double> cdf = mann_whitney_cdf(n, m);
    const auto first = std::ranges::upper_bound(cdf, tail) - cdf.begin();
    if (first == 0) return std::nullopt;
    return static_cast<std::uint64_t>(first - 1);
  }
  const double pairs = static_cast<double>(n) * static_cast<double>(m);
  const double sd = std::sqrt(inflation * pairs * (static_cast<double>(n + m) + 1) / 12);
  const double below = pairs / 2 - standard_normal_quantile(1 - tail) * sd - 0.5;  // half a rank, to the safe side
  if (below < 0) return std::nullopt;
  return static_cast<std::uint64_t>(std::floor(below));
}

/// Σ (t³ − t) over groups of equal values.
double tie_sum(Sorted sorted) {
  double sum = 0;
  for (auto from = sorted.begin(); from != sorted.end();) {
    const auto to = std::upper_bound(from, sorted.end(), *from);
    const auto t = static_cast<double>(to - from);
    sum += t * t * t - t;
    from = to;
  }
  return sum;
}

}  // namespace

Shift hodges_lehmann(std::span<const double> base, std::span<const double> candidate, double level, double inflation) {
  const std::vector<double> from = sorted_copy(base);
  const std::vector<double> to = sorted_copy(candidate);
  const Grid grid = all_whole(from) && all_whole(to) ? Grid::whole : Grid::doubles;
  const auto select = [&](std::uint64_t k) { return select_difference(from, to, k, grid); };
  const std::uint64_t pairs = static_cast<std::uint64_t>(from.size()) * to.size();
  const double middle = select((pairs + 1) / 2);
  Shift shift{.estimate = middle, .interval = std::nullopt};
  if (pairs % 2 == 0) shift.estimate = (middle + select(pairs / 2 + 1)) / 2;
  if (const auto below = differences_below(from.size(), to.size(), level, inflation))
    shift.interval = Interval{.low = select(*below + 1), .high = select(pairs - *below)};
  return shift;
}

RankSum rank_sum(std::span<const double> base, std::span<const double> candidate, double inflation) {
  std::vector<double> all(base.begin(), base.end());
  all.insert(all.end(), candidate.begin(), candidate.end());
  const std::vector<double> ranks = mid_ranks(all);
  double sum = 0;
  for (std::size_t i = base.size(); i < ranks.size(); ++i) sum += ranks[i];
  const auto n = static_cast<double>(base.size());
  const auto m = static_cast<double>(candidate.size());
  const double statistic = sum - m * (m + 1) / 2;
  std::ranges::sort(all);
  const double ties = tie_sum(all);
  if (ties == 0 && base.size() <= kExactLimit && candidate.size() <= kExactLimit) {
    const std::vector<double> cdf = mann_whitney_cdf(base.size(), candidate.size());
    const double tail = cdf[static_cast<std::size_t>(std::min(statistic, n * m - statistic))];
    return {.statistic = statistic, .p_value = std::min(1.0, 2 * tail)};
  }
  const double variance = inflation * n * m / 12 * (n + m + 1 - ties / ((n + m) * (n + m - 1)));
  if (!(variance > 0)) return {.statistic = statistic, .p_value = 1};
  const double z = std::abs(statistic - n * m / 2) / std::sqrt(variance);
  return {.statistic = statistic,
          .p_value = 2 * boost::math::cdf(complement(boost::math::normal_distribution<double>(), z))};
}

double variance_inflation(std::span<const double> in_order) {
  const std::size_t n = in_order.size();
  if (n < kFewestForInflation) return 1;
  const std::vector<double> ranks = mid_ranks(in_order);
  const double single = std::pow(moments(ranks).sd.value_or(0), 2);
  if (single == 0) return 1;
  const auto stretches = static_cast<std::size_t>(std::sqrt(static_cast<double>(n)));
  const std::size_t length = n / stretches;
  std::vector<double> means;
  for (std::size_t i = 0; i < stretches; ++i)
    means.push_back(moments(std::span(ranks).subspan(i * length, length)).mean);
  const double of_means = std::pow(moments(means).sd.value_or(0), 2);
  return std::max(1.0, static_cast<double>(length) * of_means / single);
}

}  // namespace frostbyte::stats
