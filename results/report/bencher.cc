// Bencher Metric Format: a benchmark a subject, a measure a metric, with the ends of the median's interval as lower and
// upper value. A figure that could not be had is left out: that format has no null.
#include <cmath>

#include "results/report/formats.h"
#include "results/report/text.h"

namespace frostbyte::report {
namespace {

using record::Json;

/// "launch-exec-to-first-response": a slug, by which the service finds the measure again.
std::string slug(std::string_view id) {
  std::string text(id);
  for (char& c : text) {
    if (c == '.' || c == '_') c = '-';
  }
  return text;
}

Json measure_json(const Figure& figure) {
  if (!figure.distribution) return {{"value", static_cast<double>(*figure.value)}};
  Json json = {{"value", figure.distribution->p50}};
  if (figure.distribution->ci) {
    json["lower_value"] = figure.distribution->ci->low;
    json["upper_value"] = figure.distribution->ci->high;
  }
  return json;
}

bool has_number(const Figure& figure) {
  return figure.value.has_value() || (figure.distribution && std::isfinite(figure.distribution->p50));
}

}  // namespace

Result<std::string> render_bencher(const Report& report, const RenderOptions&) {
  Json json = Json::object();
  for (const Subject& subject : report.summary.subjects) {
    Json measures = Json::object();
    for (const Figure& figure : subject.figures) {
      if (has_number(figure)) measures[slug(figure.metric->id)] = measure_json(figure);
    }
    if (!measures.empty()) json[subject.name] = std::move(measures);
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace frostbyte::report
