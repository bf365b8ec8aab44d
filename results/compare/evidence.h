// The values of one metric on both sides, and the shift between them at any confidence. Internal to results/compare.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "results/compare/compare.h"
#include "results/stats/paired.h"

namespace frostbyte::compare {

class Evidence {
 public:
  /// Values of the measured launches that succeeded: of both in the same round when the sides share a run, else all.
  Evidence(const Side& base, const Side& candidate, const metric::Metric& metric);

  [[nodiscard]] bool empty() const { return n_base_ == 0 || n_candidate_ == 0; }
  [[nodiscard]] std::uint64_t n_base() const { return n_base_; }
  [[nodiscard]] std::uint64_t n_candidate() const { return n_candidate_; }
  /// Medians; 0 when empty.
  [[nodiscard]] double base() const { return base_; }
  [[nodiscard]] double candidate() const { return candidate_; }
  /// candidate − base, both not empty.
  [[nodiscard]] stats::Shift shift(double confidence) const;
  /// Two-sided, against no shift.
  [[nodiscard]] double p_value() const;
  /// How many times the launches of a run vary more together than alone; 1 when paired.
  [[nodiscard]] double inflation() const { return inflation_; }

 private:
  bool paired_;
  std::uint64_t n_base_ = 0;
  std::uint64_t n_candidate_ = 0;
  double base_ = 0;
  double candidate_ = 0;
  double inflation_ = 1;
  std::vector<double> values_;        // paired: differences by round; else the base's
  std::vector<double> other_values_;  // not paired: the candidate's
};

}  // namespace frostbyte::compare
