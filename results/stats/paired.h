// The shift between two series that were measured pairwise, e.g. base and candidate of the same round.
#pragma once

#include <optional>
#include <span>

#include "results/stats/order.h"

namespace frostbyte::stats {

/// Hodges–Lehmann: the median of all Walsh averages (d_i + d_j) / 2, i ≤ j, of the differences. Exact, found in
/// O(n log n) without listing the averages.
struct Shift {
  double estimate = 0;
  /// From the Wilcoxon signed-rank distribution: exact up to 60 differences, normal approximation beyond; conservative
  /// with ties. Absent when n is too small for the level.
  std::optional<Interval> interval;
};
/// Requires at least one difference.
Shift hodges_lehmann(std::span<const double> differences, double level);

/// Wilcoxon signed-rank test that the differences are symmetric about 0. Zeros are left out, ties share ranks.
struct SignedRank {
  double statistic = 0;  ///< sum of the ranks of positive differences
  double p_value = 1;    ///< two-sided; exact for up to 60 differences without ties, else normal with tie correction
};
SignedRank signed_rank(std::span<const double> differences);

}  // namespace frostbyte::stats
