#include "results/summary/summary.h"

#include <algorithm>

#include "results/stats/describe.h"
#include "results/stats/order.h"
#include "results/summary/flags.h"

namespace frostbyte::summary {
namespace {

/// The function whose figures are the floor under all others: what the method and the kernel cost without a program.
constexpr std::string_view kFloorFunction = "c-nolibc";

bool is_floor(const record::VariantInfo& variant) {
  return std::string_view(variant.name).substr(0, variant.name.find_first_of("[#")) == kFloorFunction;
}

std::optional<Range> range(const std::optional<stats::Interval>& interval) {
  if (!interval) return std::nullopt;
  return Range{.low = interval->low, .high = interval->high};
}

Tail tail(stats::Sorted sorted, std::uint32_t percent) {
  const double p = percent / 100.0;
  Tail tail{.percent = percent, .needs = stats::samples_needed(p, kConfidence), .value = {}, .ci = {}};
  if (sorted.size() < tail.needs) return tail;
  tail.value = stats::quantile(sorted, p);
  tail.ci = range(stats::quantile_interval(sorted, p, kConfidence));
  return tail;
}

Distribution describe(std::span<const double> values) {
  std::vector<double> sorted(values.begin(), values.end());
  std::ranges::sort(sorted);
  const stats::Moments moments = stats::moments(sorted);
  const stats::Outliers outliers = stats::outliers(sorted);
  return {.p50 = stats::median(sorted),
          .ci = range(stats::quantile_interval(sorted, 0.5, kConfidence)),
          .mean = moments.mean,
          .sd = moments.sd,
          .min = sorted.front(),
          .max = sorted.back(),
          .mad = stats::median_absolute_deviation(sorted),
          .tails = {tail(sorted, 90), tail(sorted, 95), tail(sorted, 99)},
          .mild_outliers = outliers.mild,
          .severe_outliers = outliers.severe};
}

/// Values of the measured launches, in launch order; warm-ups and missing cells left out.
std::vector<double> measured(const record::VariantData& data, std::string_view metric) {
  std::vector<double> values;
  const auto column = data.columns.find(metric);
  if (column == data.columns.end()) return values;
  values.reserve(data.rows.size());
  for (std::size_t i = 0; i < data.rows.size(); ++i) {
    const std::int64_t cell = column->second[i];
    if (!data.rows[i].warmup && cell != record::kMissing) values.push_back(static_cast<double>(cell));
  }
  return values;
}

/// Nothing when the run does not speak of the metric at all.
std::optional<Figure> sample_figure(const metric::Metric& metric, const record::VariantData& data, std::uint64_t ok,
                                    Kind kind) {
  Figure figure{.metric = &metric, .n = 0, .distribution = {}, .value = {}, .reason = {}};
  const std::vector<double> values = measured(data, metric.id);
  const auto reason = data.unavailable.find(metric.id);
  if (!values.empty()) {
    figure.n = values.size();
    figure.distribution = describe(values);
  } else if (reason != data.unavailable.end()) {
    figure.reason = reason->second;
  } else if ((metric.id == metric::kHeadline && kind == Kind::launches) ||
             (ok == 0 && data.columns.contains(metric.id))) {
    figure.reason = ok == 0 ? "no measured launch succeeded" : "its stamps are missing";
  } else {
    return std::nullopt;
  }
  return figure;
}

std::optional<Figure> variant_figure(const metric::Metric& metric, const record::VariantInfo& variant) {
  Figure figure{.metric = &metric, .n = 0, .distribution = {}, .value = {}, .reason = {}};
  const std::string id(metric.id);
  if (const auto value = variant.values.find(id); value != variant.values.end()) {
    figure.n = 1;
    figure.value = value->second;
  } else if (const auto reason = variant.unavailable.find(id); reason != variant.unavailable.end()) {
    figure.reason = reason->second;
  } else {
    return std::nullopt;
  }
  return figure;
}

Kind kind_of(const std::string& plan) {
  if (plan == "audit") return Kind::artifacts;
  return plan == "scrape" ? Kind::windows : Kind::launches;
}

Subject summarise_variant(const record::VariantInfo& variant, const record::VariantData& data, Kind kind) {
  Subject subject;
  subject.name = variant.name;
  subject.labels = variant.labels;
  subject.notes = variant.notes;
  subject.floor = is_floor(variant);
  subject.samples = data.rows.size() - data.warmups;
  subject.ok = data.outcomes[static_cast<std::size_t>(record::Outcome::ok)];
  subject.outcomes = data.outcomes;
  subject.failures = data.failures;
  subject.failures_of_other_kinds = data.failures_of_other_kinds;
  subject.flags = find_flags(data, measured(data, metric::kHeadline));
  for (const metric::Metric& metric : metric::all()) {
    auto figure = metric.scope == metric::Scope::variant ? variant_figure(metric, variant)
                                                         : sample_figure(metric, data, subject.ok, kind);
    if (figure) subject.figures.push_back(std::move(*figure));
  }
  return subject;
}

/// Metrics of a later version, or mistyped ones: not shown, and said so.
std::vector<std::string> unknown_metrics(const record::Run& run) {
  std::vector<std::string> unknown;
  for (const record::VariantData& data : run.variants()) {
    for (const auto& [metric, cells] : data.columns) {
      if (metric::find(metric) == nullptr) unknown.push_back(metric);
    }
  }
  std::ranges::sort(unknown);
  unknown.erase(std::ranges::unique(unknown).begin(), unknown.end());
  return unknown;
}

}  // namespace

const Figure* Subject::figure(std::string_view metric_id) const {
  const auto found =
      std::ranges::find_if(figures, [&](const Figure& figure) { return figure.metric->id == metric_id; });
  return found == figures.end() ? nullptr : &*found;
}

Summary summarise(const record::Run& run) {
  const record::Header& header = run.header();
  Summary summary;
  summary.kind = kind_of(header.plan.value("kind", std::string()));
  summary.tool = header.tool;
  summary.started = header.started;
  summary.argv = header.argv;
  summary.seed = header.seed;
  summary.host = header.host;
  summary.plan = header.plan;
  summary.end = run.end() ? std::string(record::to_string(run.end()->reason)) : "killed";
  summary.notes = run.notes();
  summary.run = &run;
  for (const std::string& metric : unknown_metrics(run)) {
    summary.notes.push_back("the metric '" + metric + "' is not one this version knows: it is not summarised");
  }
  for (std::size_t i = 0; i < header.variants.size(); ++i) {
    summary.subjects.push_back(summarise_variant(header.variants[i], run.variants()[i], summary.kind));
  }
  return summary;
}

}  // namespace frostbyte::summary
