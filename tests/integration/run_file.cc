#include "run_file.h"

#include <algorithm>
#include <fstream>
#include <stdexcept>

namespace frostbyte::integration {

bool Row::has_flag(const std::string& flag) const {
  const Json& flags = member("flags");
  return std::ranges::find(flags, Json(flag)) != flags.end();
}

const Json& Row::member(const char* name) const {
  static const Json none = Json::object();
  const auto found = json_.find(name);
  return found == json_.end() ? none : *found;
}

std::vector<Row> RunFile::of(const std::string& variant) const {
  std::vector<Row> result;
  std::ranges::copy_if(rows, std::back_inserter(result),
                       [&](const Row& row) { return row.variant() == variant && !row.warmup(); });
  return result;
}

std::vector<std::string> RunFile::variants() const {
  std::vector<std::string> names;
  for (const Json& variant : header.at("plan").at("variants")) names.push_back(variant.at("name"));
  return names;
}

RunFile read_run_file(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error(path.string() + " cannot be read");
  RunFile run;
  for (std::string line; std::getline(file, line);) {
    const bool whole = !file.eof();  // a line without its newline was being written
    const Json json = Json::parse(line, nullptr, false);
    if (run.cut_short || run.ended || (whole && json.is_discarded()))
      throw std::runtime_error(path.string() + " holds what it must not: " + line.substr(0, 200));
    if (!whole) {
      run.cut_short = true;
    } else if (json.contains("schema")) {
      run.header = json;
    } else if (json.contains("end")) {
      run.ended = true;
    } else {
      run.rows.emplace_back(json);
    }
  }
  return run;
}

std::vector<std::int64_t> values_of(const std::vector<Row>& rows, const std::string& metric) {
  std::vector<std::int64_t> values;
  for (const Row& row : rows) values.push_back(row.value(metric));
  return values;
}

std::int64_t median(std::vector<std::int64_t> values) {
  if (values.empty()) throw std::runtime_error("no launch to take a median of");
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

namespace {

std::vector<std::int64_t> first_responses(const std::vector<Row>& rows) {
  std::vector<std::int64_t> times;
  for (const Row& row : rows) {
    if (row.ok()) times.push_back(row.first_response());
  }
  return times;
}

}  // namespace

std::int64_t median_first_response(const std::vector<Row>& rows) { return median(first_responses(rows)); }

std::int64_t fastest_first_response(const std::vector<Row>& rows) {
  const std::vector<std::int64_t> times = first_responses(rows);
  return times.empty() ? 0 : *std::ranges::min_element(times);
}

}  // namespace frostbyte::integration
