#include "results/stats/trend.h"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <cstdint>
#include <numeric>

#include "results/stats/order.h"

namespace frostbyte::stats {
namespace {

std::vector<double> sorted_copy(std::span<const double> values) {
  std::vector<double> sorted(values.begin(), values.end());
  std::ranges::sort(sorted);
  return sorted;
}

/// Pairs whose earlier value is the larger one, counted by merging (Knight 1966). Sorts `values`.
std::uint64_t count_inversions(std::span<double> values, std::span<double> scratch) {
  if (values.size() < 2) return 0;
  const std::size_t half = values.size() / 2;
  const auto left = values.first(half);
  const auto right = values.subspan(half);
  std::uint64_t inversions =
      count_inversions(left, scratch.first(half)) + count_inversions(right, scratch.subspan(half));
  std::size_t l = 0;
  std::size_t r = 0;
  for (double& out : scratch) {
    const bool take_right = l == left.size() || (r < right.size() && right[r] < left[l]);
    if (take_right) inversions += left.size() - l;
    out = take_right ? right[r++] : left[l++];
  }
  std::ranges::copy(scratch, values.begin());
  return inversions;
}

/// Over groups of equal values of size t: t(t−1)/2, and t(t−1)(2t+5).
struct Ties {
  double pairs = 0;
  double variance = 0;
};

Ties count_ties(std::span<const double> sorted) {
  Ties ties;
  for (std::size_t begin = 0; begin < sorted.size();) {
    std::size_t end = begin + 1;
    while (end < sorted.size() && sorted[end] == sorted[begin]) ++end;
    const auto t = static_cast<double>(end - begin);
    ties.pairs += t * (t - 1) / 2;
    ties.variance += t * (t - 1) * (2 * t + 5);
    begin = end;
  }
  return ties;
}

double change_between_thirds(std::span<const double> in_order) {
  const std::size_t third = std::max<std::size_t>(1, in_order.size() / 3);
  return median(sorted_copy(in_order.last(third))) - median(sorted_copy(in_order.first(third)));
}

}  // namespace

bool first_stands_out(std::span<const double> in_order) {
  if (in_order.size() < 10) return false;
  const std::vector<double> others = sorted_copy(in_order.subspan(1));
  const double q1 = quantile(others, 0.25);
  const double q3 = quantile(others, 0.75);
  return in_order.front() > others.back() && in_order.front() > q3 + 3 * (q3 - q1);
}

Trend trend(std::span<const double> in_order) {
  if (in_order.size() < 2) return {};
  const auto n = static_cast<double>(in_order.size());
  std::vector<double> values(in_order.begin(), in_order.end());
  std::vector<double> scratch(values.size());
  const auto discordant = static_cast<double>(count_inversions(values, scratch));
  const Ties ties = count_ties(values);
  const double pairs = n * (n - 1) / 2;
  const double score = pairs - ties.pairs - 2 * discordant;  // concordant − discordant
  const double variance = (n * (n - 1) * (2 * n + 5) - ties.variance) / 18;
  if (pairs == ties.pairs) return {};
  const double z = std::abs(score) / std::sqrt(variance);
  return {.tau = score / std::sqrt((pairs - ties.pairs) * pairs),
          .p_value = 2 * cdf(complement(boost::math::normal_distribution<double>(), z)),
          .change = change_between_thirds(in_order)};
}

std::vector<double> mid_ranks(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return values[i]; });
  std::vector<double> ranks(values.size());
  for (std::size_t begin = 0; begin < order.size();) {
    std::size_t end = begin + 1;
    while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
    const double shared = (static_cast<double>(begin + 1) + static_cast<double>(end)) / 2;
    for (std::size_t i = begin; i < end; ++i) ranks[order[i]] = shared;
    begin = end;
  }
  return ranks;
}

double lag1_autocorrelation(std::span<const double> in_order) {
  if (in_order.size() < 3) return 0;
  std::vector<double> deviations = mid_ranks(in_order);
  const double mean = (static_cast<double>(deviations.size()) + 1) / 2;
  for (double& rank : deviations) rank -= mean;
  const double variance = std::inner_product(deviations.begin(), deviations.end(), deviations.begin(), 0.0);
  if (variance == 0) return 0;
  return std::inner_product(deviations.begin(), deviations.end() - 1, deviations.begin() + 1, 0.0) / variance;
}

}  // namespace frostbyte::stats
