// What a comparison of two subjects found: plain data that report renders and gate judges.
//
// Not here: how it is found (compare.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "results/metric/metric.h"

namespace frostbyte::compare {

enum class Verdict : std::uint8_t {
  better,        ///< the whole interval lies beyond the margin on the good side
  worse,         ///< the whole interval lies beyond the margin on the bad side
  equivalent,    ///< the whole interval lies within the margin
  inconclusive,  ///< none of these: the samples do not decide
};
std::string_view to_string(Verdict verdict);

/// An estimate and its interval at the comparison's confidence, after correction for looks and for the number of
/// metrics. An exact metric's interval is its estimate.
struct Estimate {
  double value = 0;
  double low = 0;
  double high = 0;
};

/// One metric of a candidate against the base's.
struct MetricComparison {
  const metric::Metric* metric = nullptr;
  bool primary = false;      ///< decides the exit code
  std::uint64_t n_base = 0;  ///< values; 1 for an exact metric
  std::uint64_t n_candidate = 0;
  std::optional<double> base;  ///< median, or the exact value, in the metric's unit
  std::optional<double> candidate;
  std::optional<Estimate> shift;     ///< candidate − base, in the metric's unit (Hodges–Lehmann, or exact)
  std::optional<Estimate> relative;  ///< shift / base; absent when base is 0
  double margin = 0;                 ///< what counts as a difference, as a part of base
  std::optional<double> p_value;     ///< two-sided, against no shift, after Holm; absent for exact metrics
  std::optional<Verdict> verdict;    ///< absent for informational metrics and where there is no figure
  std::string reason;                ///< why there is no verdict, or why it is inconclusive
};

/// One candidate against the base.
struct Comparison {
  std::string base;  ///< subject's name
  std::string candidate;
  bool paired = false;      ///< by round, interleaved in one run; otherwise two runs, one taken after the other
  std::uint32_t looks = 1;  ///< at how many points the samples could have ended the sampling
  double confidence = 0.95;
  std::vector<std::string> notes;         ///< deviations a reader must know: forced across hosts, noise floor unknown …
  std::vector<MetricComparison> metrics;  ///< primary ones first, then in registry order

  /// Null when the metric was not compared.
  [[nodiscard]] const MetricComparison* find(std::string_view metric_id) const;
};

}  // namespace frostbyte::compare
