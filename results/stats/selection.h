// Finds the k-th smallest of many numbers that are never listed, given only how many of them are at most a limit.
// Internal to results/stats.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>

namespace frostbyte::stats {

/// Doubles as integers of the same order, so that a search between two of them ends after 64 steps at an exact value.
inline std::int64_t to_ordered(double value) {
  const auto bits = std::bit_cast<std::int64_t>(value);
  return bits >= 0 ? bits : std::numeric_limits<std::int64_t>::min() - bits;
}
inline double from_ordered(std::int64_t ordered) {
  return std::bit_cast<double>(ordered >= 0 ? ordered : std::numeric_limits<std::int64_t>::min() - ordered);
}

/// Values that are all whole keep their sums and differences whole: the search then needs half the steps.
inline bool all_whole(std::span<const double> values) {
  constexpr double kExact = 4503599627370496.0;  // 2^52: sums of two are exact
  return std::ranges::all_of(values, [](double v) { return std::abs(v) <= kExact && v == std::floor(v); });
}

enum class Grid : std::uint8_t { whole, doubles };

/// The smallest number on the grid in [least, most] for which `count_up_to` gives at least `k`. `count_up_to` never
/// falls.
template <class CountUpTo>
double select_kth(double least, double most, std::uint64_t k, Grid grid, const CountUpTo& count_up_to) {
  const auto to_place = [&](double v) { return grid == Grid::whole ? static_cast<std::int64_t>(v) : to_ordered(v); };
  const auto from_place = [&](std::int64_t p) {
    return grid == Grid::whole ? static_cast<double>(p) : from_ordered(p);
  };
  std::int64_t low = to_place(least);
  std::int64_t high = to_place(most);
  while (low < high) {
    const std::int64_t middle =
        low + static_cast<std::int64_t>((static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low)) / 2);
    if (count_up_to(from_place(middle)) >= k) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return from_place(low);
}

}  // namespace frostbyte::stats
