// The JSON of `hyperfine --export-json`, in seconds, so that what reads that reads this: one result a subject, its
// times the successful measured launches' first responses. A subject without any has no place in that form and is left
// out.
#include <map>
#include <set>

#include "results/report/formats.h"
#include "results/report/text.h"

namespace frostbyte::report {
namespace {

using record::Json;

constexpr double kNanosPerSecond = 1e9;

Json seconds(double nanos) { return nanos / kNanosPerSecond; }

/// Mean of a processor time; null when this host could not give it.
Json mean_seconds(const Subject& subject, std::string_view metric) {
  const Figure* figure = subject.figure(metric);
  return figure != nullptr && figure->distribution ? seconds(figure->distribution->mean) : Json(nullptr);
}

const record::VariantData* data_of(const record::Run& run, const std::string& name) {
  for (std::size_t i = 0; i < run.header().variants.size(); ++i) {
    if (run.header().variants[i].name == name) return &run.variants()[i];
  }
  return nullptr;
}

Json times_of(const record::VariantData& data) {
  Json times = Json::array();
  const auto column = data.columns.find(metric::kHeadline);
  if (column == data.columns.end()) return times;
  for (std::size_t i = 0; i < data.rows.size(); ++i) {
    const std::int64_t cell = column->second[i];
    if (!data.rows[i].warmup && cell != record::kMissing) times.push_back(seconds(static_cast<double>(cell)));
  }
  return times;
}

/// What a sweep varied: the labels whose values differ between subjects.
std::set<std::string> varied_labels(const Summary& summary) {
  std::map<std::string, std::set<std::string>> values;
  for (const Subject& subject : summary.subjects) {
    for (const auto& [label, value] : subject.labels) values[label].insert(value);
  }
  std::set<std::string> varied;
  for (const auto& [label, seen] : values) {
    if (seen.size() > 1) varied.insert(label);
  }
  return varied;
}

Json result_json(const Subject& subject, const Distribution& headline, const record::VariantData& data,
                 const std::set<std::string>& varied) {
  Json times = times_of(data);
  Json json = {{"command", subject.name},
               {"mean", seconds(headline.mean)},
               {"stddev", headline.sd ? seconds(*headline.sd) : Json(nullptr)},
               {"median", seconds(headline.p50)},
               {"user", mean_seconds(subject, "cpu.user")},
               {"system", mean_seconds(subject, "cpu.system")},
               {"min", seconds(headline.min)},
               {"max", seconds(headline.max)}};
  json["exit_codes"] = Json(times.size(), 0);  // of the launches listed: each gave a valid response
  json["times"] = std::move(times);
  Json parameters = Json::object();
  for (const auto& [label, value] : subject.labels) {
    if (varied.contains(label)) parameters[label] = value;
  }
  if (!parameters.empty()) json["parameters"] = std::move(parameters);
  return json;
}

}  // namespace

Result<std::string> render_hyperfine(const Report& report, const RenderOptions&) {
  const Summary& summary = report.summary;
  if (summary.run == nullptr) return failure("render", "hyperfine", "the summary comes without its samples");
  const std::set<std::string> varied = varied_labels(summary);
  Json results = Json::array();
  for (const Subject& subject : summary.subjects) {
    const Figure* headline = subject.figure(metric::kHeadline);
    const record::VariantData* data = data_of(*summary.run, subject.name);
    if (headline == nullptr || !headline->distribution || data == nullptr) continue;
    results.push_back(result_json(subject, *headline->distribution, *data, varied));
  }
  return Json{{"results", std::move(results)}}.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace frostbyte::report
