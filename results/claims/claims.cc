#include "results/claims/claims.h"

#include <algorithm>
#include <set>

#include "launcher/base/toml_file.h"
#include "results/metric/metric.h"

namespace frostbyte::claims {
namespace {

constexpr double kUsualTolerance = 0.25;

Result<double> number_at(const TomlTable& table, std::string_view key, double low, double high) {
  const auto value = table.number_or_text(key);
  const double* number = std::get_if<double>(&value);
  if (number == nullptr || !(*number >= low && *number <= high))
    return table.refuse(key, "'" + table.qualified(key) + "' must be a number in its range");
  return *number;
}

Result<Measurement> read_measurement(const std::string& name, const TomlTable& table) {
  TRY(table.allow_only({"functions", "arguments", "command"}));
  Measurement measurement{.name = name,
                          .functions = TRY(table.texts("functions")),
                          .arguments = TRY(table.texts("arguments")),
                          .command = TRY(table.text("command")).value_or("")};
  if (measurement.command.empty() == measurement.functions.empty())
    return table.refuse("functions",
                        "a measurement has either `functions`, to sweep, or a `command` that writes its report");
  return measurement;
}

Result<Relation> read_relation(const TomlTable& table) {
  const std::string text = TRY(table.required_text("relation"));
  for (const Relation relation : {Relation::ratio, Relation::order, Relation::absolute})
    if (text == to_string(relation)) return relation;
  return table.refuse("relation", "'" + text + "' is no relation", "ratio, order or absolute");
}

Result<void> read_test(const TomlTable& table, Claim& claim) {
  claim.measurement = TRY(table.required_text("measurement"));
  claim.metric = TRY(table.required_text("metric"));
  if (metric::find(claim.metric) == nullptr && !claim.metric.starts_with("build."))
    return table.refuse("metric", "no metric is called '" + claim.metric + "'", "METHOD.md lists them");
  claim.subject = TRY(table.required_text("subject"));
  claim.relation = TRY(read_relation(table));
  if (claim.relation != Relation::absolute) claim.against = TRY(table.required_text("against"));
  if (claim.relation != Relation::order) claim.published = TRY(number_at(table, "published", 1e-9, 1e18));
  claim.tolerance = table.has("tolerance") ? TRY(number_at(table, "tolerance", 0.001, 10)) : kUsualTolerance;
  return {};
}

Result<Claim> read_claim(const TomlTable& table) {
  TRY(table.allow_only({"id", "source", "text", "why_not", "measurement", "metric", "relation", "subject", "against",
                        "published", "tolerance", "note"}));
  Claim claim{.id = TRY(table.required_text("id")),
              .source = TRY(table.required_text("source")),
              .text = TRY(table.required_text("text")),
              .why_not = TRY(table.text("why_not")).value_or("")};
  claim.note = TRY(table.text("note")).value_or("");
  claim.origin = table.origin();
  if (claim.why_not.empty()) TRY(read_test(table, claim));
  return claim;
}

Result<void> expect_measurement(const Claims& claims, const Claim& claim, const TomlTable& table) {
  if (claim.measurement.empty() || claims.find(claim.measurement) != nullptr) return {};
  return table.refuse("measurement", "there is no [measurement." + claim.measurement + "]");
}

}  // namespace

std::string_view to_string(Relation relation) {
  switch (relation) {
    case Relation::ratio:
      return "ratio";
    case Relation::order:
      return "order";
    case Relation::absolute:
      return "absolute";
  }
  return "";
}

const Measurement* Claims::find(std::string_view measurement) const {
  const auto found = std::ranges::find(measurements, measurement, &Measurement::name);
  return found == measurements.end() ? nullptr : &*found;
}

Result<Claims> parse_claims(std::string_view text, const std::filesystem::path& file) {
  const toml::table parsed = TRY(parse_toml(text, file));
  const TomlTable root(parsed, file, "");
  TRY(root.allow_only({"title", "measurement", "claim"}));
  Claims claims{.title = TRY(root.text("title")).value_or(""), .measurements = {}, .claims = {}};
  if (const auto measurements = TRY(root.table("measurement"))) {
    for (const auto& [name, table] : TRY(measurements->tables()))
      claims.measurements.push_back(TRY(read_measurement(name, table)));
  }
  for (const TomlTable& table : TRY(root.list("claim"))) {
    claims.claims.push_back(TRY(read_claim(table)));
    TRY(expect_measurement(claims, claims.claims.back(), table));
  }
  if (claims.claims.empty()) return root.refuse("claim", "it holds no claim", "[[claim]] begins one");
  return claims;
}

}  // namespace frostbyte::claims
