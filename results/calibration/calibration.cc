#include "results/calibration/calibration.h"

#include <algorithm>
#include <cmath>

namespace frostbyte::calibration {
namespace {

using record::Json;

Json optional_json(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

Json figure_json(const Figure& figure) {
  Json json = {
      {"metric", figure.metric}, {"subject", figure.subject}, {"value", optional_json(figure.value)}, {"n", figure.n}};
  if (figure.ci_low) json["ci_low"] = *figure.ci_low;
  if (figure.ci_high) json["ci_high"] = *figure.ci_high;
  if (figure.p99) json["p99"] = *figure.p99;
  if (!figure.value) json["reason"] = figure.reason;
  return json;
}

Failure refuse(const std::string& member, std::string cause, std::string hint = "frostbyte calibrate makes a new one") {
  return failure("read member", member, std::move(cause), std::move(hint));
}

Result<std::string> text(const Json& json, const char* member) {
  const auto found = json.find(member);
  if (found == json.end() || !found->is_string()) return refuse(member, "it is missing, or not a text");
  return found->get<std::string>();
}

Result<std::uint64_t> count(const Json& json, const char* member) {
  const auto found = json.find(member);
  if (found == json.end() || !found->is_number_integer() || (!found->is_number_unsigned() && *found < 0))
    return refuse(member, "it is missing, or not a whole number from 0 on");
  return found->get<std::uint64_t>();
}

/// JSON has no infinity and no NaN; null and absence both mean that there is no number.
Result<std::optional<double>> number(const Json& json, const char* member) {
  const auto found = json.find(member);
  if (found == json.end() || found->is_null()) return std::nullopt;
  if (!found->is_number()) return refuse(member, "it is not a number");
  return found->get<double>();
}

Result<Figure> read_figure(const Json& json) {
  if (!json.is_object()) return refuse("figures", "it holds something that is not an object");
  Figure figure{.metric = TRY(text(json, "metric")),
                .subject = TRY(text(json, "subject")),
                .value = TRY(number(json, "value")),
                .ci_low = TRY(number(json, "ci_low")),
                .ci_high = TRY(number(json, "ci_high")),
                .p99 = TRY(number(json, "p99")),
                .n = TRY(count(json, "n"))};
  if (!figure.value) figure.reason = TRY(text(json, "reason"));
  return figure;
}

Result<std::vector<Figure>> read_figures(const Json& json) {
  const auto found = json.find("figures");
  if (found == json.end() || !found->is_array()) return refuse("figures", "it is missing, or not an array");
  std::vector<Figure> figures;
  for (const Json& one : *found) figures.push_back(TRY(read_figure(one)));
  return figures;
}

/// These become margins: one that cannot be is refused, not clamped.
Result<std::map<std::string, double>> read_floor(const Json& json) {
  const auto found = json.find("aa_noise_floor");
  if (found == json.end() || !found->is_object()) return refuse("aa_noise_floor", "it is missing, or not an object");
  std::map<std::string, double> floors;
  for (const auto& [metric, value] : found->items()) {
    const double floor = value.is_number() ? value.get<double>() : -1;
    if (!(floor >= 0 && floor <= kMostFloor)) return refuse("aa_noise_floor." + metric, "it is no part from 0 to 1");
    floors[metric] = floor;
  }
  return floors;
}

Result<void> check_schema(const Json& json) {
  const std::string schema = TRY(text(json, "schema"));
  if (schema == kSchema) return {};
  if (schema.starts_with("frostbyte.calibration/"))
    return refuse("schema", "it is '" + schema + "', and this version reads '" + std::string(kSchema) + "'");
  return refuse("schema", "it is '" + schema + "': this is no calibration");
}

}  // namespace

const Figure* Calibration::find(std::string_view metric, std::string_view subject) const {
  const auto found = std::ranges::find_if(
      figures, [&](const Figure& figure) { return figure.metric == metric && figure.subject == subject; });
  return found == figures.end() ? nullptr : &*found;
}

Json to_json(const Calibration& calibration) {
  Json json = {{"schema", kSchema},
               {"made", calibration.made},
               {"tool", {{"name", calibration.tool.name}, {"version", calibration.tool.version}}},
               {"host_id", calibration.host_id},
               {"host", calibration.host},
               {"seed", calibration.seed},
               {"launches", calibration.launches},
               {"took_ns", calibration.took_ns}};
  if (!calibration.tool.git.empty()) json["tool"]["git"] = calibration.tool.git;
  json["figures"] = Json::array();
  for (const Figure& figure : calibration.figures) json["figures"].push_back(figure_json(figure));
  json["aa_noise_floor"] = Json::object();
  for (const auto& [metric, floor] : calibration.noise_floor) json["aa_noise_floor"][metric] = floor;
  return json;
}

Result<Calibration> from_json(const Json& json) {
  if (!json.is_object()) return refuse("calibration", "it is not an object");
  TRY(check_schema(json));
  Calibration calibration;
  calibration.made = TRY(text(json, "made"));
  const auto tool = json.find("tool");
  if (tool == json.end() || !tool->is_object()) return refuse("tool", "it is missing, or not an object");
  calibration.tool = {.name = TRY(text(*tool, "name")), .version = TRY(text(*tool, "version"))};
  if (tool->contains("git")) calibration.tool.git = TRY(text(*tool, "git"));
  calibration.host_id = TRY(text(json, "host_id"));
  calibration.host = TRY(text(json, "host"));
  calibration.seed = TRY(count(json, "seed"));
  calibration.launches = TRY(count(json, "launches"));
  calibration.took_ns = static_cast<std::int64_t>(TRY(count(json, "took_ns")) & INT64_MAX);
  calibration.figures = TRY(read_figures(json));
  calibration.noise_floor = TRY(read_floor(json));
  return calibration;
}

std::optional<Calibration> of_host(const Json& host) {
  if (!host.is_object() || !host.contains("calibration")) return std::nullopt;
  auto calibration = from_json(host["calibration"]);
  if (!calibration) return std::nullopt;
  const Json::json_pointer id("/host_id/id");
  if (!host.contains(id) || host.at(id) != calibration->host_id) return std::nullopt;
  return std::move(*calibration);
}

}  // namespace frostbyte::calibration
