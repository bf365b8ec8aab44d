// OpenMetrics text, in base units (seconds, bytes), which Prometheus reads too. A distribution is a summary with the
// quantiles that there are launches enough for, and a gauge with its intervals; an exact figure is a gauge. Labels stay
// on frostbyte_subject_info, so that series join on `subject` and do not multiply. A figure that could not be had has
// no sample.
#include <fmt/format.h>

#include <cmath>
#include <set>
#include <tuple>

#include "results/report/formats.h"
#include "results/report/text.h"

namespace frostbyte::report {
namespace {

using metric::Metric;
using metric::Unit;

std::string label_value(std::string_view text) {
  std::string out;
  for (const char c : valid_utf8(text)) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
  return out;
}

using Labels = std::vector<std::pair<std::string, std::string>>;

std::string label_set(const Labels& labels) {
  std::string text;
  for (const auto& [name, value] : labels)
    text += fmt::format("{}{}=\"{}\"", text.empty() ? "" : ",", name, label_value(value));
  return "{" + text + "}";
}

std::string_view base_unit(Unit unit) {
  switch (unit) {
    case Unit::nanoseconds:
      return "seconds";
    case Unit::bytes:
      return "bytes";
    case Unit::ratio:
    case Unit::millionths:
      return "ratio";
    case Unit::millihertz:
      return "hertz";
    case Unit::count:
      break;
  }
  return "";
}

double in_base_unit(Unit unit, double value) {
  if (unit == Unit::millihertz) return value / 1e3;
  if (unit == Unit::millionths) return value / 1e6;
  return unit == Unit::nanoseconds ? value / 1e9 : value;
}

/// "frostbyte_launch_exec_to_first_response_seconds": the unit is part of the name, as the format asks.
std::string family_name(const Metric& metric, std::string_view middle = "") {
  std::string name = "frostbyte_" + std::string(metric.id);
  for (char& c : name) {
    if (c == '.' || c == '-') c = '_';
  }
  name += middle;
  const std::string_view unit = base_unit(metric.unit);
  if (!unit.empty() && !name.ends_with("_" + std::string(unit))) name += "_" + std::string(unit);
  return name;
}

/// One family: its heading, and its samples; nothing without samples.
class Family {
 public:
  Family(std::string name, std::string_view type, std::string_view unit, std::string_view help)
      : name_(std::move(name)) {
    head_ = fmt::format("# TYPE {} {}\n", name_, type);
    if (!unit.empty()) head_ += fmt::format("# UNIT {} {}\n", name_, unit);
    head_ += fmt::format("# HELP {} {}\n", name_, label_value(help));
  }
  void add(const Labels& labels, double value, std::string_view suffix = "") {
    if (!std::isfinite(value)) return;
    samples_ += fmt::format("{}{}{} {}\n", name_, suffix, label_set(labels), exact(value));
  }
  [[nodiscard]] std::string text() const { return samples_.empty() ? "" : head_ + samples_; }

 private:
  std::string name_, head_, samples_;
};

Labels with(const Subject& subject, Labels more) {
  more.insert(more.begin(), {"subject", subject.name});
  return more;
}

void add_distribution(Family& values, Family& intervals, const Subject& subject, const Figure& figure) {
  const Distribution& d = *figure.distribution;
  const auto scaled = [&](double value) { return in_base_unit(figure.metric->unit, value); };
  const auto quantile = [&](std::string_view q, double value, const std::optional<Range>& range) {
    values.add(with(subject, {{"quantile", std::string(q)}}), scaled(value));
    if (!range) return;
    intervals.add(with(subject, {{"of", std::string(q)}, {"bound", "low"}}), scaled(range->low));
    intervals.add(with(subject, {{"of", std::string(q)}, {"bound", "high"}}), scaled(range->high));
  };
  quantile("0.0", d.min, {});
  quantile("0.5", d.p50, d.ci);
  for (const Tail& tail : d.tails) {
    if (tail.value) quantile(fmt::format("0.{}", tail.percent), *tail.value, tail.ci);
  }
  quantile("1.0", d.max, {});
  values.add(with(subject, {}), static_cast<double>(figure.n), "_count");
  values.add(with(subject, {}), scaled(d.mean * static_cast<double>(figure.n)), "_sum");
}

std::string metric_text(const Summary& summary, const Metric& metric) {
  const std::string_view unit = base_unit(metric.unit);
  Family values(family_name(metric), "summary", unit, metric.definition);
  Family intervals(family_name(metric, "_interval"), "gauge", unit,
                   fmt::format("Ends of the {} % confidence interval of {}.", 100 * kConfidence, metric.id));
  Family exactly(family_name(metric), "gauge", unit, metric.definition);
  for (const Subject& subject : summary.subjects) {
    const Figure* figure = subject.figure(metric.id);
    if (figure == nullptr) continue;
    if (figure->distribution) add_distribution(values, intervals, subject, *figure);
    if (figure->value) exactly.add(with(subject, {}), in_base_unit(metric.unit, static_cast<double>(*figure->value)));
  }
  return values.text() + intervals.text() + exactly.text();
}

/// [a-zA-Z0-9_], not one of ours, and not one that was there before.
std::string label_name(std::string_view text, std::set<std::string>& taken) {
  std::string name;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    name += plain ? c : '_';
  }
  if (name.empty() || !((name[0] >= 'a' && name[0] <= 'z') || (name[0] >= 'A' && name[0] <= 'Z'))) name = "l_" + name;
  std::string free = name;
  for (int i = 2; !taken.insert(free).second; ++i) free = fmt::format("{}_{}", name, i);
  return free;
}

std::string subjects_text(const Summary& summary) {
  Family info("frostbyte_subject_info", "gauge", "", "What is measured, with its labels.");
  for (const Subject& subject : summary.subjects) {
    std::set<std::string> taken = {"subject"};
    Labels labels;
    for (const auto& [name, value] : subject.labels) labels.emplace_back(label_name(name, taken), value);
    info.add(with(subject, std::move(labels)), 1);
  }
  return info.text();
}

std::string launches_text(const Summary& summary) {
  Family launches("frostbyte_launches", "gauge", "", "Measured launches by how they ended.");
  for (const Subject& subject : summary.subjects) {
    for (std::size_t i = 0; i < subject.outcomes.size(); ++i) {
      if (subject.samples == 0 || (subject.outcomes[i] == 0 && i != 0)) continue;
      const std::string outcome(record::to_string(static_cast<record::Outcome>(i)));
      launches.add(with(subject, {{"outcome", outcome}}), static_cast<double>(subject.outcomes[i]));
    }
  }
  return launches.text();
}

std::string checks_text(const Report& report) {
  Family checks("frostbyte_check", "gauge", "", "1 for the status the check has.");
  std::set<std::tuple<std::string, std::string, std::string>> seen;
  for (const gate::Check& check : report.checks) {
    if (!seen.emplace(check.metric, check.subject, check.limit).second) continue;  // a series stands once
    checks.add({{"subject", check.subject},
                {"metric", check.metric},
                {"limit", check.limit},
                {"level", std::string(gate::to_string(check.level))},
                {"status", std::string(gate::to_string(check.status))}},
               1);
  }
  return checks.text();
}

}  // namespace

Result<std::string> render_openmetrics(const Report& report, const RenderOptions&) {
  const Summary& summary = report.summary;
  std::string out = subjects_text(summary) + launches_text(summary);
  for (const Metric& metric : metric::all()) out += metric_text(summary, metric);
  return out + checks_text(report) + "# EOF\n";
}

}  // namespace frostbyte::report
