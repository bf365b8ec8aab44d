// From an interval to a verdict, and to the words for why there is none. Internal to results/compare.
#pragma once

#include <string>

#include "results/compare/comparison.h"

namespace frostbyte::compare {

/// `margin` ≥ 0 in the metric's unit. Swapping base and candidate (negating the shift) swaps better and worse.
Verdict judge(const Estimate& shift, double margin, metric::Direction direction);

/// Why the interval of an inconclusive comparison does not decide, and how many launches would, in one sentence.
/// `comparison` has base, shift and margin.
std::string why_inconclusive(const MetricComparison& comparison);

}  // namespace frostbyte::compare
