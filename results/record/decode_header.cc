// Header and end are read once a file, so a document tree serves; samples have their own decoder.
#include "results/record/json.h"

namespace frostbyte::record {
namespace {

constexpr const char* kHeader = "header";

Failure refuse(const std::string& member, const std::string& cause, std::string hint = {}) {
  return failure("read member", member, cause, std::move(hint));
}

Result<Json> parse_object(std::string_view line, const char* what) {
  Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded())
    return refuse(what, "it is not JSON", "a run file is JSON Lines, written by 'frostbyte sweep -o run=FILE'");
  if (!json.is_object()) return refuse(what, "it is not a JSON object");
  return json;
}

Result<std::string> text(const Json& json, const std::string& member) {
  const auto found = json.find(member);
  if (found == json.end()) return std::string();
  if (!found->is_string()) return refuse(member, "it is not a string");
  return found->get<std::string>();
}

Result<std::uint64_t> natural(const Json& json, const std::string& member) {
  const auto found = json.find(member);
  if (found == json.end()) return refuse(member, "it is missing");
  if (!found->is_number_unsigned()) return refuse(member, "it is not a whole number from 0 on");
  return found->get<std::uint64_t>();
}

/// The member, or an empty object when it is absent.
Result<Json> object(const Json& json, const std::string& member) {
  const auto found = json.find(member);
  if (found == json.end()) return Json::object();
  if (!found->is_object()) return refuse(member, "it is not an object");
  return *found;
}

Result<std::map<std::string, std::string>> texts(const Json& json, const std::string& member) {
  std::map<std::string, std::string> map;
  const Json entries = TRY(object(json, member));
  for (const auto& [key, value] : entries.items()) {
    if (!value.is_string()) return refuse(member + "." + key, "it is not a string");
    map[key] = value.get<std::string>();
  }
  return map;
}

/// nlohmann's own conversion would wrap a number beyond int64 around.
bool fits_int64(const Json& value) {
  return value.is_number_integer() && !(value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX);
}

Result<std::map<std::string, std::int64_t>> integers(const Json& json, const std::string& member) {
  std::map<std::string, std::int64_t> map;
  const Json entries = TRY(object(json, member));
  for (const auto& [key, value] : entries.items()) {
    if (!fits_int64(value)) return refuse(member + "." + key, "it is not a whole number of 64 bits");
    map[key] = value.get<std::int64_t>();
  }
  return map;
}

Result<std::vector<std::string>> list_of_texts(const Json& json, const std::string& member) {
  std::vector<std::string> list;
  const auto found = json.find(member);
  if (found == json.end()) return list;
  if (!found->is_array()) return refuse(member, "it is not an array");
  for (const Json& item : *found) {
    if (!item.is_string()) return refuse(member, "it holds something that is not a string");
    list.push_back(item.get<std::string>());
  }
  return list;
}

Result<VariantInfo> decode_variant(Json json) {
  if (!json.is_object()) return refuse("plan.variants", "it holds something that is not an object");
  VariantInfo variant;
  variant.name = TRY(text(json, "name"));
  if (variant.name.empty()) return refuse("plan.variants", "it holds a variant without a name");
  variant.labels = TRY(texts(json, "labels"));
  variant.values = TRY(integers(json, "values"));
  variant.unavailable = TRY(texts(json, "unavailable"));
  variant.notes = TRY(list_of_texts(json, "notes"));
  for (const char* typed : {"name", "labels", "values", "unavailable", "notes"}) json.erase(typed);
  variant.settings = std::move(json);
  return variant;
}

Result<std::vector<VariantInfo>> decode_variants(Json& plan) {
  const auto found = plan.find("variants");
  if (found == plan.end() || !found->is_array()) return refuse("plan.variants", "it is not an array");
  std::vector<VariantInfo> variants;
  for (Json& variant : *found) variants.push_back(TRY(decode_variant(std::move(variant))));
  plan.erase("variants");
  return variants;
}

Result<void> check_schema(const Json& json) {
  const std::string schema = TRY(text(json, "schema"));
  if (schema == kRunSchema) return {};
  if (schema.empty())
    return refuse("schema", "it is missing: this is not a run file",
                  "run files are written by 'frostbyte sweep -o run=FILE'");
  if (schema.starts_with("frostbyte.run/")) {
    return refuse("schema", "it is '" + schema + "', and this version reads '" + std::string(kRunSchema) + "'",
                  "read it with the version of frostbyte that wrote it");
  }
  return refuse("schema", "it is '" + schema + "': this is not a run file");
}

Result<Tool> decode_tool(const Json& json) {
  const Json tool = TRY(object(json, "tool"));
  return Tool{.name = TRY(text(tool, "name")), .version = TRY(text(tool, "version")), .git = TRY(text(tool, "git"))};
}

Result<EndReason> decode_reason(const Json& end) {
  const std::string reason = TRY(text(end, "reason"));
  for (const EndReason known :
       {EndReason::complete, EndReason::interrupted, EndReason::time_budget, EndReason::decided}) {
    if (reason == to_string(known)) return known;
  }
  return refuse("end.reason", "unknown reason '" + reason + "'");
}

}  // namespace

Result<Header> decode_header(std::string_view line) {
  const Json json = TRY(parse_object(line, kHeader));
  TRY(check_schema(json));
  Header header;
  header.tool = TRY(decode_tool(json));
  header.started = TRY(text(json, "started"));
  header.argv = TRY(list_of_texts(json, "argv"));
  header.seed = TRY(natural(json, "seed"));
  header.host = TRY(object(json, "host"));
  header.plan = TRY(object(json, "plan"));
  header.variants = TRY(decode_variants(header.plan));
  return header;
}

Result<End> decode_end(std::string_view line) {
  const Json json = TRY(parse_object(line, "end"));
  const Json members = TRY(object(json, "end"));
  End end;
  end.reason = TRY(decode_reason(members));
  end.samples = TRY(natural(members, "samples"));
  end.warmups = TRY(natural(members, "warmups"));
  end.digest = TRY(text(members, "digest"));
  const Json outcomes = TRY(object(members, "outcomes"));
  for (const auto& [name, count] : outcomes.items()) {
    Outcome outcome{};
    if (!parse_outcome(name, outcome)) return refuse("end.outcomes", "unknown outcome '" + name + "'");
    if (!count.is_number_unsigned()) return refuse("end.outcomes." + name, "it is not a whole number from 0 on");
    end.outcomes[static_cast<std::size_t>(outcome)] = count.get<std::uint64_t>();
  }
  return end;
}

}  // namespace frostbyte::record
