// Every figure, for programs. The shape is the same whatever was measured: subjects with metrics, and checks.
#include <cmath>

#include "results/report/formats.h"
#include "results/report/text.h"

namespace frostbyte::report {
namespace {

using record::Json;

/// Whole numbers stay whole in the text: nanoseconds and bytes are counts. JSON has no infinity and no NaN.
Json number_json(double value) {
  if (!std::isfinite(value)) return nullptr;
  const std::string text = exact(value);
  return text.find_first_not_of("-0123456789") == std::string::npos ? Json(static_cast<std::int64_t>(value))
                                                                    : Json(value);
}

void put_range(Json& json, const std::string& prefix, const std::optional<Range>& range) {
  if (!range) return;
  json[prefix + "ci_low"] = number_json(range->low);
  json[prefix + "ci_high"] = number_json(range->high);
}

void put_distribution(Json& json, const Distribution& distribution) {
  json["p50"] = number_json(distribution.p50);
  put_range(json, "", distribution.ci);
  json["mean"] = number_json(distribution.mean);
  if (distribution.sd) json["sd"] = number_json(*distribution.sd);
  json["min"] = number_json(distribution.min);
  json["max"] = number_json(distribution.max);
  json["mad"] = number_json(distribution.mad);
  for (const Tail& tail : distribution.tails) {
    if (!tail.value) continue;
    const std::string name = "p" + std::to_string(tail.percent);
    json[name] = number_json(*tail.value);
    put_range(json, name + "_", tail.ci);
  }
  json["outliers_mild"] = distribution.mild_outliers;
  json["outliers_severe"] = distribution.severe_outliers;
}

Json figure_json(const Figure& figure) {
  Json json = {{"metric", figure.metric->id}, {"unit", metric::to_string(figure.metric->unit)}};
  if (figure.distribution) {
    json["n"] = figure.n;
    put_distribution(json, *figure.distribution);
  } else if (figure.value) {
    json["value"] = *figure.value;
  } else {
    json["value"] = nullptr;
    json["reason"] = figure.reason;
  }
  return json;
}

Json failure_json(const record::FailureKind& kind) {
  Json json = {{"outcome", record::to_string(kind.outcome)}, {"count", kind.count}, {"detail", kind.detail}};
  json["first_sequence"] = kind.first_sequence;
  if (!kind.phase.empty()) json["phase"] = kind.phase;
  if (!kind.stderr_tail.empty()) json["stderr_tail"] = kind.stderr_tail;
  return json;
}

Json outcomes_json(const record::OutcomeCounts& outcomes) {
  Json json = Json::object();
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    // `ok` is always there: its absence would read as "not known".
    if (outcomes[i] != 0 || i == 0) json[record::to_string(static_cast<record::Outcome>(i))] = outcomes[i];
  }
  return json;
}

Json value_json(const summary::Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  const auto* text = std::get_if<std::string>(&value);
  return text == nullptr ? Json(nullptr) : Json(*text);
}

/// Rows as objects, so that a reader needs no positions.
Json exhibit_json(const summary::Exhibit& exhibit) {
  Json json = {{"exhibit", exhibit.name}, {"title", exhibit.title}};
  Json& units = json["units"] = Json::object();
  for (const auto& column : exhibit.columns)
    if (column.unit) units[column.name] = metric::to_string(*column.unit);
  Json& rows = json["rows"] = Json::array();
  for (std::size_t i = 0; i < exhibit.rows.size(); ++i) {
    Json& row = rows.emplace_back(Json::object());
    for (std::size_t c = 0; c < exhibit.columns.size(); ++c)
      row[exhibit.columns[c].name] = value_json(exhibit.rows[i][c]);
    if (!exhibit.depths.empty()) row["depth"] = exhibit.depths[i];
  }
  if (!exhibit.notes.empty()) json["notes"] = exhibit.notes;
  return json;
}

Json subject_json(const Subject& subject) {
  Json json = {{"name", subject.name}, {"labels", subject.labels}};
  json["metrics"] = Json::array();
  for (const Figure& figure : subject.figures) json["metrics"].push_back(figure_json(figure));
  if (subject.samples != 0 || subject.exhibits.empty()) json["outcomes"] = outcomes_json(subject.outcomes);
  if (!subject.failures.empty()) {
    Json& failures = json["failures"] = Json::array();
    for (const record::FailureKind& kind : subject.failures) failures.push_back(failure_json(kind));
  }
  if (!subject.flags.empty()) {
    Json& flags = json["flags"] = Json::array();
    for (const Flag& flag : subject.flags)
      flags.push_back({{"flag", flag.name}, {"text", flag.text}, {"action", flag.action}});
  }
  if (!subject.exhibits.empty()) {
    Json& exhibits = json["exhibits"] = Json::array();
    for (const auto& exhibit : subject.exhibits) exhibits.push_back(exhibit_json(exhibit));
  }
  if (!subject.notes.empty()) json["notes"] = subject.notes;
  return json;
}

/// null stands for "not known": a reader never has to tell 0 from absent.
Json optional_json(const std::optional<double>& value) { return value ? number_json(*value) : Json(nullptr); }

Json check_json(const gate::Check& check) {
  return {{"metric", check.metric},
          {"subject", check.subject},
          {"limit", check.limit},
          {"level", gate::to_string(check.level)},
          {"status", gate::to_string(check.status)},
          {"unit", metric::to_string(check.unit)},
          {"actual", optional_json(check.actual)},
          {"bound", optional_json(check.bound)},
          {"base", optional_json(check.base)},
          {"detail", check.detail},
          {"message", check.message},
          {"origin", check.origin}};
}

Json estimate_json(const std::optional<compare::Estimate>& estimate) {
  if (!estimate) return nullptr;
  return {{"value", number_json(estimate->value)},
          {"ci_low", number_json(estimate->low)},
          {"ci_high", number_json(estimate->high)}};
}

Json metric_comparison_json(const compare::MetricComparison& metric) {
  return {{"metric", metric.metric->id},
          {"unit", metric::to_string(metric.metric->unit)},
          {"primary", metric.primary},
          {"n_base", metric.n_base},
          {"n_candidate", metric.n_candidate},
          {"base", optional_json(metric.base)},
          {"candidate", optional_json(metric.candidate)},
          {"shift", estimate_json(metric.shift)},
          {"relative", estimate_json(metric.relative)},
          {"margin", number_json(metric.margin)},
          {"p_value", optional_json(metric.p_value)},
          {"verdict", metric.verdict ? Json(compare::to_string(*metric.verdict)) : Json(nullptr)},
          {"reason", metric.reason}};
}

Json comparison_json(const compare::Comparison& comparison) {
  Json json = {{"base", comparison.base},   {"candidate", comparison.candidate},   {"paired", comparison.paired},
               {"looks", comparison.looks}, {"confidence", comparison.confidence}, {"notes", comparison.notes}};
  json["metrics"] = Json::array();
  for (const auto& metric : comparison.metrics) json["metrics"].push_back(metric_comparison_json(metric));
  return json;
}

Json run_json(const Summary& summary) {
  // Nothing of when and where: the same artifacts give the same text.
  if (summary.kind == summary::Kind::artifacts)
    return {{"tool", {{"name", summary.tool.name}, {"version", summary.tool.version}}},
            {"kind", "audit"},
            {"argv", summary.argv}};
  Json json = {{"tool", {{"name", summary.tool.name}, {"version", summary.tool.version}}},
               {"started", summary.started},
               {"seed", summary.seed},
               {"argv", summary.argv},
               {"end", summary.end},
               {"confidence", kConfidence},
               {"host", summary.host},
               {"plan", summary.plan}};
  if (!summary.tool.git.empty()) json["tool"]["git"] = summary.tool.git;
  if (!summary.notes.empty()) json["notes"] = summary.notes;
  return json;
}

}  // namespace

Result<std::string> render_json(const Report& report, const RenderOptions&) {
  const Summary& summary = report.summary;
  Json json = {{"schema", "frostbyte.report/1"}, {"run", run_json(summary)}};
  Json& subjects = json["subjects"] = Json::array();
  for (const Subject& subject : summary.subjects) subjects.push_back(subject_json(subject));
  if (!report.comparisons.empty()) {
    Json& comparisons = json["comparisons"] = Json::array();
    for (const auto& comparison : report.comparisons) comparisons.push_back(comparison_json(comparison));
  }
  Json& checks = json["checks"] = Json::array();
  for (const gate::Check& check : report.checks) checks.push_back(check_json(check));
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace frostbyte::report
