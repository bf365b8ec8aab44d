// Finds the k-th smallest of many numbers that are never listed, given only how many of them are at most a limit.
// Internal to results/stats.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>

namespace frostbyte::stats {

/// Doubles as integers of the same order, so that a search between two of them ends after 64 steps at an exact value.
inline std::int64_t to_ordered(double value) {
  const auto bits = std::bit_cast<std::int64_t>(value);
  return bits >= 0 ? bits : std::numeric_limits<std::int64_t>::min() - bits;
}
inline double from_ordered(std::int64_t ordered) {
  return std::bit_cast<double>(ordered >= 0 ? ordered : std::numeric_limits<std::int64_t>::min() - ordered);
}

/// The smallest double in [least, most] for which `count_up_to` gives at least `k`. `count_up_to` never falls.
template <class CountUpTo>
double select_kth(double least, double most, std::uint64_t k, const CountUpTo& count_up_to) {
  std::int64_t low = to_ordered(least);
  std::int64_t high = to_ordered(most);
  while (low < high) {
    const std::int64_t middle =
        low + static_cast<std::int64_t>((static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low)) / 2);
    if (count_up_to(from_ordered(middle)) >= k) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return from_ordered(low);
}

}  // namespace frostbyte::stats
