#include "results/record/json.h"

namespace frostbyte::record {
namespace {

Json to_json(const std::map<std::string, std::string>& map) {
  Json json = Json::object();
  for (const auto& [key, value] : map) json[to_utf8(key)] = to_utf8(value);
  return json;
}

Json to_json(const std::map<std::string, std::int64_t>& map) {
  Json json = Json::object();
  for (const auto& [key, value] : map) json[to_utf8(key)] = value;
  return json;
}

Json to_json(const std::vector<std::string>& list) {
  Json json = Json::array();
  for (const std::string& item : list) json.push_back(to_utf8(item));
  return json;
}

template <class Container>
void put_unless_empty(Json& json, const char* key, const Container& container) {
  if (!container.empty()) json[key] = to_json(container);
}

void put_text_unless_empty(Json& json, const char* key, const std::string& text) {
  if (!text.empty()) json[key] = to_utf8(text);
}

/// Free members may hold strings from anywhere: `replace` keeps a stray byte from costing the run.
std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

Json to_json(const VariantInfo& variant) {
  Json json = variant.settings.is_object() ? variant.settings : Json::object();
  json["name"] = to_utf8(variant.name);
  put_unless_empty(json, "labels", variant.labels);
  put_unless_empty(json, "values", variant.values);
  put_unless_empty(json, "unavailable", variant.unavailable);
  for (const std::string& note : variant.notes) json["notes"].push_back(to_utf8(note));
  return json;
}

void put_failure(Json& json, const Sample& sample) {
  put_text_unless_empty(json, "detail", sample.detail);
  put_text_unless_empty(json, "phase", sample.phase);
  if (sample.errno_value != 0) json["errno"] = sample.errno_value;
  if (sample.exit_status != -1) json["exit_status"] = sample.exit_status;
  if (sample.exit_signal != 0) json["exit_signal"] = sample.exit_signal;
  put_text_unless_empty(json, "stderr_tail", sample.stderr_tail);
}

}  // namespace

std::string encode(const Header& header) {
  Json json;
  json["schema"] = kRunSchema;
  json["tool"] = {{"name", to_utf8(header.tool.name)}, {"version", to_utf8(header.tool.version)}};
  put_text_unless_empty(json["tool"], "git", header.tool.git);
  json["started"] = to_utf8(header.started);
  json["argv"] = to_json(header.argv);
  json["seed"] = header.seed;
  json["host"] = header.host;
  json["plan"] = header.plan.is_object() ? header.plan : Json::object();
  Json& variants = json["plan"]["variants"] = Json::array();
  for (const VariantInfo& variant : header.variants) variants.push_back(to_json(variant));
  return dump(json);
}

std::string encode(const Sample& sample) {
  Json json;
  json["sequence"] = sample.sequence;
  json["round"] = sample.round;
  json["variant"] = to_utf8(sample.variant);
  if (sample.warmup) json["warmup"] = true;
  json["outcome"] = to_string(sample.outcome);
  put_failure(json, sample);
  put_unless_empty(json, "stamps", sample.stamps);
  put_unless_empty(json, "sources", sample.sources);
  if (sample.error_ns != 0) json["error_ns"] = sample.error_ns;
  put_unless_empty(json, "values", sample.values);
  put_unless_empty(json, "unavailable", sample.unavailable);
  put_unless_empty(json, "flags", sample.flags);
  return dump(json);
}

std::string encode(const End& end) {
  Json outcomes = Json::object();
  for (std::size_t i = 0; i < kOutcomes; ++i) {
    if (end.outcomes[i] != 0) outcomes[to_string(static_cast<Outcome>(i))] = end.outcomes[i];
  }
  Json json;
  json["end"] = {{"reason", to_string(end.reason)}, {"samples", end.samples}, {"warmups", end.warmups}};
  json["end"]["outcomes"] = std::move(outcomes);
  put_text_unless_empty(json["end"], "digest", end.digest);
  return dump(json);
}

}  // namespace frostbyte::record
