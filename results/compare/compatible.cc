#include "results/compare/compatible.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace frostbyte::compare {
namespace {

using record::Json;

/// Of a plan: what touches every launch. How many there were, in which order and for how long, does not.
constexpr std::array kOfPlan = {"pace_ns", "stop", "executor"};
/// Of a variant's settings.
constexpr std::array kOfVariant = {"workload", "contract", "isolation", "limits", "cache"};

Json member(const Json& json, const std::string& key) {
  return json.is_object() && json.contains(key) ? json[key] : Json();
}

std::string shown(const Json& value) {
  constexpr std::size_t kWidth = 60;
  if (value.is_null()) return "none";
  std::string text =
      value.is_string() ? value.get<std::string>() : value.dump(-1, ' ', false, Json::error_handler_t::replace);
  return text.size() > kWidth ? text.substr(0, kWidth) + " …" : text;
}

/// Walks both as far down as they have members in common.
void add_differences(const std::string& path, const Json& base, const Json& candidate, std::vector<std::string>& into) {
  if (base == candidate) return;
  if (!base.is_object() || !candidate.is_object()) {
    into.push_back(fmt::format("{}: {}, {}", path, shown(base), shown(candidate)));
    return;
  }
  for (const auto& [key, value] : base.items()) add_differences(path + "." + key, value, member(candidate, key), into);
  for (const auto& [key, value] : candidate.items())
    if (!base.contains(key)) add_differences(path + "." + key, Json(), value, into);
}

/// Plain enough for a JSON pointer: a file may have been edited by hand.
bool is_pointer(const std::string& text) { return text.starts_with('/') && text.find('~') == std::string::npos; }

/// By the identity of the hosts; where it differs, by the facts it is made of.
void add_host_differences(const Json& base, const Json& candidate, std::vector<std::string>& into) {
  const Json from = member(member(base, "host_id"), "id");
  const Json to = member(member(candidate, "host_id"), "id");
  if (from == to && !from.is_null()) return;
  if (from.is_null() && to.is_null()) {
    add_differences("host", member(base, "summary"), member(candidate, "summary"), into);
    return;
  }
  const std::size_t before = into.size();
  for (const Json& name : member(member(base, "host_id"), "of")) {
    if (!name.is_string() || !is_pointer(name.get_ref<const std::string&>())) continue;
    const Json::json_pointer fact(name.get<std::string>());
    std::string path = name.get<std::string>().substr(1);
    std::ranges::replace(path, '/', '.');
    const auto of = [&](const Json& facts) { return facts.contains(fact) ? facts.at(fact) : Json(); };
    add_differences("host: " + path, of(base), of(candidate), into);
  }
  if (into.size() == before) into.push_back(fmt::format("host: {}, {}", shown(from), shown(to)));
}

}  // namespace

std::vector<std::string> differences(const Side& base, const Side& candidate) {
  std::vector<std::string> found;
  const record::Header& from = base.run->header();
  const record::Header& to = candidate.run->header();
  if (base.run != candidate.run) {
    add_host_differences(from.host, to.host, found);
    for (const char* key : kOfPlan) add_differences(key, member(from.plan, key), member(to.plan, key), found);
  }
  for (const char* key : kOfVariant) {
    add_differences(key, member(from.variants[base.variant].settings, key),
                    member(to.variants[candidate.variant].settings, key), found);
  }
  return found;
}

}  // namespace frostbyte::compare
