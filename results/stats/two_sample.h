// The shift between two series that have nothing to do with one another, e.g. two runs taken one after the other.
#pragma once

#include <span>

#include "results/stats/paired.h"

namespace frostbyte::stats {

/// Hodges–Lehmann: the median of all differences candidate_j − base_i, exact, found in O(n log n) without listing them.
/// The interval inverts the Mann–Whitney test: its exact distribution when both series have at most 30 values, the
/// normal approximation beyond; conservative with ties. `inflation` ≥ 1 (variance_inflation below) widens an interval
/// of the normal approximation by its square root. Both series need at least one value; order does not matter.
Shift hodges_lehmann(std::span<const double> base, std::span<const double> candidate, double level,
                     double inflation = 1);

/// Mann–Whitney (Wilcoxon rank-sum) test that neither series tends to larger values.
struct RankSum {
  double statistic = 0;  ///< pairs in which candidate > base, ties as half: U of the candidate
  double p_value = 1;    ///< two-sided; exact for at most 30 values each without ties, else normal with tie correction
};
RankSum rank_sum(std::span<const double> base, std::span<const double> candidate, double inflation = 1);

/// How many times the variance of a mean rank is what it were if the values, in the order they were measured, told
/// nothing of one another: the variance of the means of √n consecutive stretches against that of single values
/// (non-overlapping batch means). At least 1; 1 below 100 values, which cannot tell.
double variance_inflation(std::span<const double> in_order);

}  // namespace frostbyte::stats
