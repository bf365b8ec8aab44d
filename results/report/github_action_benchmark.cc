// The input of github-action-benchmark's tool `customSmallerIsBetter`: medians and exact figures of all metrics of
// which less is better; others would be alarmed about the wrong way round and are left out.
#include <fmt/format.h>

#include <cmath>

#include "results/report/formats.h"
#include "results/report/text.h"

namespace frostbyte::report {
namespace {

using record::Json;

Json entry(const Subject& subject, const Figure& figure, double value) {
  return {{"name", fmt::format("{} · {}", subject.name, figure.metric->id)},
          {"unit", metric::to_string(figure.metric->unit)},
          {"value", value}};
}

/// Shown, never judged, by that tool.
std::string range_text(const Range& range) { return fmt::format("{}..{}", exact(range.low), exact(range.high)); }

Json figure_entry(const Subject& subject, const Figure& figure) {
  if (!figure.distribution) return entry(subject, figure, static_cast<double>(*figure.value));
  const Distribution& distribution = *figure.distribution;
  Json json = entry(subject, figure, distribution.p50);
  if (distribution.ci) json["range"] = range_text(*distribution.ci);
  json["extra"] = fmt::format("median of {} launches\nmean {}\nmin {}\nmax {}", figure.n, exact(distribution.mean),
                              exact(distribution.min), exact(distribution.max));
  return json;
}

bool has_number(const Figure& figure) {
  return figure.value.has_value() || (figure.distribution && std::isfinite(figure.distribution->p50));
}

}  // namespace

Result<std::string> render_github_action_benchmark(const Report& report, const RenderOptions&) {
  Json entries = Json::array();
  for (const Subject& subject : report.summary.subjects) {
    for (const Figure& figure : subject.figures) {
      if (figure.metric->direction == metric::Direction::lower_is_better && has_number(figure))
        entries.push_back(figure_entry(subject, figure));
    }
  }
  return entries.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace frostbyte::report
