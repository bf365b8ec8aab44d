// Verdicts as checks: what no budget asked for and every comparison promises, that a candidate is not worse than its
// base.
#pragma once

#include <span>
#include <vector>

#include "results/compare/comparison.h"
#include "results/gate/check.h"

namespace frostbyte::gate {

/// Verdicts that keep a check from passing; others only warn.
struct FailOn {
  bool worse = true;  ///< and what could not be measured
  bool inconclusive = true;
};

/// One check a comparison and primary metric that can have a verdict: failed when it is worse or could not be
/// measured, undecided when it is inconclusive, warned instead where `fail_on` says so.
std::vector<Check> verdict_checks(std::span<const compare::Comparison> comparisons, FailOn fail_on = {});

}  // namespace frostbyte::gate
