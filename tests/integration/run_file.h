// A run file as a test reads it: by itself, not by frostbyte's reader, whose bugs it would share.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace frostbyte::integration {

using Json = nlohmann::json;

/// One line of a run file.
class Row {
 public:
  explicit Row(Json json) : json_(std::move(json)) {}

  [[nodiscard]] std::string text(const char* member) const { return json_.value(member, std::string()); }
  [[nodiscard]] std::string outcome() const { return text("outcome"); }
  [[nodiscard]] std::string detail() const { return text("detail"); }
  [[nodiscard]] std::string variant() const { return text("variant"); }
  [[nodiscard]] bool ok() const { return outcome() == "ok"; }
  [[nodiscard]] bool warmup() const { return json_.value("warmup", false); }
  [[nodiscard]] std::int64_t number(const char* member) const { return json_.value(member, std::int64_t{-1}); }
  [[nodiscard]] bool has_stamp(const std::string& name) const { return member("stamps").contains(name); }
  [[nodiscard]] std::int64_t stamp(const std::string& name) const { return member("stamps").at(name); }
  [[nodiscard]] std::string source(const std::string& name) const { return member("sources").value(name, ""); }
  [[nodiscard]] bool has(const std::string& metric) const { return member("values").contains(metric); }
  [[nodiscard]] std::int64_t value(const std::string& metric) const { return member("values").at(metric); }
  /// Why a metric is not there; empty when no reason was given.
  [[nodiscard]] std::string why_not(const std::string& metric) const { return member("unavailable").value(metric, ""); }
  [[nodiscard]] bool has_flag(const std::string& flag) const;
  /// response − exec: what a sweep is about.
  [[nodiscard]] std::int64_t first_response() const { return stamp("response") - stamp("exec"); }
  [[nodiscard]] std::string dump() const { return json_.dump(); }

 private:
  [[nodiscard]] const Json& member(const char* name) const;
  Json json_;
};

struct RunFile {
  Json header;
  std::vector<Row> rows;
  bool ended = false;      ///< has an `end` line
  bool cut_short = false;  ///< the last line is not whole, as after a kill

  [[nodiscard]] std::vector<Row> of(const std::string& variant) const;
  /// The names in the order of the plan.
  [[nodiscard]] std::vector<std::string> variants() const;
};

/// Throws when a line other than the last is not what a run file may hold: the test that reads it fails.
RunFile read_run_file(const std::filesystem::path& path);

/// Exact values of every row; nothing for an empty list.
std::vector<std::int64_t> values_of(const std::vector<Row>& rows, const std::string& metric);
std::int64_t median(std::vector<std::int64_t> values);
std::int64_t median_first_response(const std::vector<Row>& rows);
std::int64_t fastest_first_response(const std::vector<Row>& rows);

}  // namespace frostbyte::integration
