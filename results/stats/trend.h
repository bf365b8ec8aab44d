// Values in the order they were measured: does the first stand out, do they drift, does one tell of the next?
// All are O(n log n).
#pragma once

#include <span>
#include <vector>

namespace frostbyte::stats {

/// Whether the first value is the largest of all and a severe outlier (Tukey) of the others. The first of n equally
/// distributed values is the largest in one case of n, however heavy the tail; the fence makes it rarer still.
/// False below 10 values.
bool first_stands_out(std::span<const double> in_order);

/// Mann–Kendall test of a monotone trend: Kendall's tau-b between value and position, ties accounted for.
struct Trend {
  double tau = 0;      ///< −1 falls always … 1 rises always; 0 when all values are equal
  double p_value = 1;  ///< two-sided, normal approximation (n ≥ 10 is enough)
  double change = 0;   ///< median of the last third − median of the first third, in the values' unit
};
Trend trend(std::span<const double> in_order);

/// Correlation of each value with its successor, on mid-ranks: one wild value cannot make or hide it.
/// 0 when all values are equal or there are fewer than 3.
double lag1_autocorrelation(std::span<const double> in_order);

/// Ranks from 1; equal values share the mean of theirs.
std::vector<double> mid_ranks(std::span<const double> values);

}  // namespace frostbyte::stats
