// The flags of `frostbyte compare`: those of a sweep as far as it launches, and its own.
#pragma once

#include <string>
#include <vector>

#include "launcher/base/result.h"
#include "launcher/commands/sweep_flags.h"
#include "results/compare/compare.h"
#include "results/gate/verdicts.h"

namespace frostbyte::commands {

struct CompareFlags {
  SweepFlags sweep;  ///< `functions` is filled from the positionals that are no run files
  std::string base;
  std::vector<std::string> candidates;
  std::string against;
  std::vector<std::string> metrics;
  std::vector<std::string> margins;
  std::string confidence = "95%";
  std::vector<std::string> fail_on;
  std::string save_baseline;
  bool force = false;

  /// BASE and CANDIDATE…, in order.
  [[nodiscard]] std::vector<std::string> positionals() const;
};

void declare_compare_flags(CLI::App& app, CompareFlags& flags);

/// Errors name the flag: an unknown metric (the hint has the nearest), a margin or confidence that is none.
Result<compare::Options> read_compare_options(const CompareFlags& flags);

/// Errors: a word that is none of worse, inconclusive, none; none beside another.
Result<gate::FailOn> read_fail_on(const CompareFlags& flags);

}  // namespace frostbyte::commands
