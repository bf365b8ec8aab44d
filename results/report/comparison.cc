#include "results/report/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "results/report/text.h"

namespace frostbyte::report {
namespace {

using compare::Comparison;
using compare::MetricComparison;
using compare::Verdict;

bool worth_a_row(const MetricComparison& one) {
  return one.primary || one.verdict == Verdict::better || one.verdict == Verdict::worse;
}

std::string with_unit(double value, const Scale& scale) {
  return scale.unit.empty() ? number(value, scale) : fmt::format("{} {}", number(value, scale), scale.unit);
}

std::string with_sign(metric::Unit unit, double value) {
  if (value == 0) return "0";
  return (value < 0 ? "-" : "+") + in_words(unit, std::abs(value));
}

/// "+1.24 %" with as many decimals as tell it from nothing.
std::string percent(double part) {
  const double value = part * 100;
  return fmt::format("{:+.{}f}", value, std::abs(value) >= 100 ? 0 : std::abs(value) >= 0.1 || value == 0 ? 1 : 2);
}

std::string interval_text(const MetricComparison& one) {
  if (!one.shift) return "";
  if (one.relative) return fmt::format("{} … {} %", percent(one.relative->low), percent(one.relative->high));
  return fmt::format("{} … {}", with_sign(one.metric->unit, one.shift->low),
                     with_sign(one.metric->unit, one.shift->high));
}

Cell verdict_cell(const MetricComparison& one) {
  if (!one.verdict) return {.text = "none", .emphasis = Emphasis::dim};
  const std::string text(to_string(*one.verdict));
  switch (*one.verdict) {
    case Verdict::better:
      return {.text = text, .emphasis = Emphasis::best};
    case Verdict::worse:
      return {.text = text, .emphasis = Emphasis::bad};
    case Verdict::inconclusive:
      return {.text = text, .emphasis = Emphasis::warn};
    case Verdict::equivalent:
      break;
  }
  return {.text = text, .emphasis = Emphasis::plain};
}

/// One row's cells in the order of kColumns.
std::array<Cell, 8> cells_of(const MetricComparison& one) {
  std::vector<double> values;
  if (one.base) values.push_back(*one.base);
  if (one.candidate) values.push_back(*one.candidate);
  const Scale scale = scale_for(one.metric->unit, values);
  const auto figure = [&](const std::optional<double>& value) {
    return value ? with_unit(*value, scale) : std::string();
  };
  return {{{.text = std::string(one.metric->title)},
           {.text = figure(one.base)},
           {.text = figure(one.candidate)},
           {.text = one.shift ? with_sign(one.metric->unit, one.shift->value) : ""},
           {.text = one.relative ? percent(one.relative->value) + " %" : ""},
           {.text = interval_text(one)},
           {.text = one.verdict ? fmt::format("{:.3g} %", one.margin * 100) : ""},
           verdict_cell(one)}};
}

std::vector<Column> empty_columns() {
  return {{.heading = "metric", .left = true}, {.heading = "base", .rank = 4},
          {.heading = "candidate", .rank = 3}, {.heading = "shift", .rank = 1},
          {.heading = "relative", .rank = 5},  {.heading = "interval", .rank = 0},
          {.heading = "margin", .rank = 2},    {.heading = "verdict", .rank = 0, .left = true}};
}

std::string title_of(const Comparison& comparison) {
  const auto most = [&](auto member) {
    std::uint64_t n = 0;
    for (const MetricComparison& one : comparison.metrics)
      if (one.metric->scope == metric::Scope::sample) n = std::max(n, one.*member);
    return n;
  };
  const std::string what = fmt::format("{} against {}", comparison.candidate, comparison.base);
  const std::uint64_t base = most(&MetricComparison::n_base);
  const std::uint64_t candidate = most(&MetricComparison::n_candidate);
  if (base + candidate == 0) return what;
  if (comparison.paired) return fmt::format("{}: {} rounds of both, in shuffled order", what, candidate);
  return fmt::format("{}: {} launches, {} of the base in another run", what, candidate, base);
}

bool all_exact(const Comparison& comparison) {
  return std::ranges::all_of(comparison.metrics,
                             [](const MetricComparison& one) { return one.metric->scope == metric::Scope::variant; });
}

/// "Equivalent besides: pss, uss."; empty for none.
std::string others(const Comparison& comparison, Verdict verdict, std::string_view heading) {
  std::vector<std::string> names;
  for (const MetricComparison& one : comparison.metrics)
    if (!worth_a_row(one) && one.verdict == verdict) names.emplace_back(one.metric->title);
  if (names.empty()) return "";
  return fmt::format("{} besides: {}.", heading, fmt::join(names, ", "));
}

std::string interval_aid(const Comparison& comparison) {
  if (all_exact(comparison)) return "Exact sizes: a byte is a difference.";
  const std::string looks = comparison.looks > 1 ? fmt::format(" and over {} looks", comparison.looks) : "";
  return fmt::format("Shift and interval: Hodges–Lehmann, {:g} % for all verdicts asked for together{}.",
                     comparison.confidence * 100, looks);
}

}  // namespace

ComparisonText describe(const Comparison& comparison, Charset charset) {
  const auto shown = [&](const std::string& text) { return in_charset(printable(text, Charset::unicode), charset); };
  ComparisonText text;
  text.title = shown(title_of(comparison));
  text.columns = empty_columns();
  for (const MetricComparison& one : comparison.metrics) {
    if (worth_a_row(one)) {
      ++text.rows;
      std::array<Cell, 8> cells = cells_of(one);
      for (std::size_t c = 0; c < cells.size(); ++c) {
        cells[c].text = shown(cells[c].text);
        text.columns[c].cells.push_back(std::move(cells[c]));
      }
    }
    if (one.primary && !one.reason.empty())
      text.reasons.push_back(shown(fmt::format("{}: {}", one.metric->title, one.reason)));
  }
  // An interval that is its estimate says nothing twice.
  if (all_exact(comparison))
    std::erase_if(text.columns, [](const Column& c) { return c.heading == "interval" || c.heading == "margin"; });
  for (const auto& [verdict, heading] :
       {std::pair(Verdict::equivalent, "Equivalent"), std::pair(Verdict::inconclusive, "Inconclusive")})
    if (const std::string besides = others(comparison, verdict, heading); !besides.empty())
      text.remarks.push_back(shown(besides));
  text.remarks.push_back(shown(interval_aid(comparison)));
  for (const std::string& note : comparison.notes) text.reasons.push_back(shown(note));
  return text;
}

std::vector<gate::Check> beside_verdicts(const Report& report) {
  std::vector<gate::Check> checks = report.checks;
  if (!report.comparisons.empty()) std::erase_if(checks, [](const gate::Check& check) { return check.origin.empty(); });
  return checks;
}

}  // namespace frostbyte::report
