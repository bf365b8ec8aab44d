#include "results/stats/paired.h"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <cstdint>
#include <vector>

#include "results/stats/selection.h"
#include "results/stats/trend.h"

namespace frostbyte::stats {
namespace {

constexpr std::size_t kExactLimit = 60;

/// P(rank sum ≤ k) of the signed-rank statistic for n differences, k = 0 … n(n+1)/2.
std::vector<double> signed_rank_cdf(std::size_t n) {
  std::vector<double> probability(n * (n + 1) / 2 + 1, 0.0);
  probability[0] = 1;
  std::size_t top = 0;
  for (std::size_t rank = 1; rank <= n; ++rank) {
    top += rank;
    for (std::size_t sum = top + 1; sum-- > 0;) {
      probability[sum] = (probability[sum] + (sum >= rank ? probability[sum - rank] : 0.0)) / 2;
    }
  }
  for (std::size_t sum = 1; sum < probability.size(); ++sum) probability[sum] += probability[sum - 1];
  return probability;
}

/// Pairs i ≤ j with d_i + d_j ≤ limit, in one pass with two ends.
std::uint64_t count_sums_up_to(Sorted d, double limit) {
  std::uint64_t count = 0;
  std::size_t end = d.size();
  for (std::size_t i = 0; i < end; ++i) {
    while (end > i && d[i] + d[end - 1] > limit) --end;
    count += end - i;
  }
  return count;
}

/// The k-th smallest (from 1) sum d_i + d_j, i ≤ j.
double select_sum(Sorted d, std::uint64_t k, Grid grid) {
  return select_kth(2 * d.front(), 2 * d.back(), k, grid, [&](double limit) { return count_sums_up_to(d, limit); });
}

/// How many of the smallest Walsh averages lie below the interval; nothing when n cannot give the level.
std::optional<std::uint64_t> averages_below(std::size_t n, double level) {
  const double tail = (1 - level) / 2;
  if (n <= kExactLimit) {
    const std::vector<double> cdf = signed_rank_cdf(n);
    const auto first = std::ranges::upper_bound(cdf, tail) - cdf.begin();
    if (first == 0) return std::nullopt;
    return static_cast<std::uint64_t>(first - 1);
  }
  const auto m = static_cast<double>(n);
  const double mean = m * (m + 1) / 4;
  const double sd = std::sqrt(m * (m + 1) * (2 * m + 1) / 24);
  const double z = boost::math::quantile(boost::math::normal_distribution<double>(), 1 - tail);
  return static_cast<std::uint64_t>(std::floor(mean - z * sd - 0.5));  // half a rank: continuity, to the safe side
}

struct RankSum {
  double positive = 0;
  double ties = 0;  // Σ (t³ − t)
};

RankSum sum_ranks(std::span<const double> differences) {
  std::vector<double> magnitudes(differences.size());
  std::ranges::transform(differences, magnitudes.begin(), [](double d) { return std::abs(d); });
  const std::vector<double> ranks = mid_ranks(magnitudes);
  RankSum sum;
  for (std::size_t i = 0; i < ranks.size(); ++i) sum.positive += differences[i] > 0 ? ranks[i] : 0.0;
  std::ranges::sort(magnitudes);
  for (auto from = magnitudes.begin(); from != magnitudes.end();) {
    const auto to = std::upper_bound(from, magnitudes.end(), *from);
    const auto t = static_cast<double>(to - from);
    sum.ties += t * t * t - t;
    from = to;
  }
  return sum;
}

}  // namespace

Shift hodges_lehmann(std::span<const double> differences, double level) {
  std::vector<double> sorted(differences.begin(), differences.end());
  std::ranges::sort(sorted);
  const Grid grid = all_whole(sorted) ? Grid::whole : Grid::doubles;
  const auto select = [&](std::uint64_t k) { return select_sum(sorted, k, grid); };
  const std::uint64_t n = sorted.size();
  const std::uint64_t averages = n * (n + 1) / 2;
  const double middle = select((averages + 1) / 2);
  Shift shift{.estimate = middle / 2, .interval = std::nullopt};
  if (averages % 2 == 0) shift.estimate = (middle + select(averages / 2 + 1)) / 4;
  if (const auto below = averages_below(n, level))
    shift.interval = Interval{.low = select(*below + 1) / 2, .high = select(averages - *below) / 2};
  return shift;
}

SignedRank signed_rank(std::span<const double> differences) {
  std::vector<double> nonzero;
  std::ranges::copy_if(differences, std::back_inserter(nonzero), [](double d) { return d != 0; });
  if (nonzero.empty()) return {};
  const RankSum sum = sum_ranks(nonzero);
  const auto n = static_cast<double>(nonzero.size());
  const double total = n * (n + 1) / 2;
  if (nonzero.size() <= kExactLimit && sum.ties == 0) {
    const std::vector<double> cdf = signed_rank_cdf(nonzero.size());
    const double tail = cdf[static_cast<std::size_t>(std::min(sum.positive, total - sum.positive))];
    return {.statistic = sum.positive, .p_value = std::min(1.0, 2 * tail)};
  }
  const double variance = n * (n + 1) * (2 * n + 1) / 24 - sum.ties / 48;
  const double z = std::abs(sum.positive - total / 2) / std::sqrt(variance);
  return {.statistic = sum.positive,
          .p_value = 2 * boost::math::cdf(complement(boost::math::normal_distribution<double>(), z))};
}

}  // namespace frostbyte::stats
