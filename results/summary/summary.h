// A run as figures: what every format renders. Computed once; renderers compute nothing.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "results/metric/metric.h"
#include "results/record/run.h"
#include "results/summary/exhibit.h"

namespace frostbyte::summary {

/// Confidence of every interval in a report.
inline constexpr double kConfidence = 0.95;

struct Range {
  double low = 0;
  double high = 0;
};

/// A percentile above the median. `value` is absent when there are fewer than `needs` samples.
struct Tail {
  std::uint32_t percent = 0;
  std::uint64_t needs = 0;
  std::optional<double> value;
  std::optional<Range> ci;
};

/// Values of one metric over the successful measured launches of a variant, in the metric's unit.
struct Distribution {
  double p50 = 0;
  std::optional<Range> ci;  ///< of the median; absent below 6 samples
  double mean = 0;
  std::optional<double> sd;  ///< absent for one sample
  double min = 0;
  double max = 0;
  double mad = 0;
  std::array<Tail, 3> tails;  ///< p90, p95, p99
  std::uint64_t mild_outliers = 0;
  std::uint64_t severe_outliers = 0;
};

/// One metric of one subject: a distribution, an exact value, or a reason why there is neither.
struct Figure {
  const metric::Metric* metric = nullptr;
  std::uint64_t n = 0;                       ///< samples that have a value
  std::optional<Distribution> distribution;  ///< metrics of sample scope
  std::optional<std::int64_t> value;         ///< metrics of variant scope
  std::string reason;                        ///< why there is no number; empty when there is one
};

/// Something about a subject's samples that a reader must know before trusting the figures.
struct Flag {
  std::string name;     ///< "drift", "modes", "first_run", "autocorrelation", "disturbed", or one the samples carry
  std::string text;     ///< what was seen
  std::string action;   ///< what to do about it
  double strength = 0;  ///< comparable among flags of one name: which subject has it worst
};

struct Subject {
  std::string name;
  std::map<std::string, std::string> labels;
  bool floor = false;         ///< the smallest possible function: what the method itself costs
  std::uint64_t samples = 0;  ///< measured launches, failed ones included
  std::uint64_t ok = 0;
  record::OutcomeCounts outcomes{};
  std::vector<Figure> figures;  ///< in registry order
  std::vector<record::FailureKind> failures;
  std::uint64_t failures_of_other_kinds = 0;
  std::vector<Flag> flags;
  std::string description{};         ///< what it is, in a few words; may be empty
  std::vector<Exhibit> exhibits{};   ///< what its figures consist of
  std::vector<std::string> notes{};  ///< of the variant, as measured before its launches

  /// Null when the subject has no such metric.
  [[nodiscard]] const Figure* figure(std::string_view metric_id) const;
};

/// What a run's samples are: launches of a sweep, windows between two scrapes of a running service; artifacts are exact
/// and have none.
enum class Kind : std::uint8_t { launches, windows, artifacts };

struct Summary {
  Kind kind = Kind::launches;
  record::Tool tool;
  std::string started;
  std::vector<std::string> argv;
  std::uint64_t seed = 0;
  record::Json host;
  record::Json plan;
  std::string end;  ///< "complete", "interrupted", "time_budget", "decided", or "killed" when the run has no end
  std::vector<std::string> notes;  ///< deviations from a whole run
  std::vector<Subject> subjects;   ///< in the plan's order
  /// The run itself, for formats that list samples (csv). It must outlive the summary.
  const record::Run* run = nullptr;
};

Summary summarise(const record::Run& run);
Summary summarise(record::Run&&) = delete;  // the summary points to it

}  // namespace frostbyte::summary
