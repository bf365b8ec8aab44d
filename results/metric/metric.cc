#include "results/metric/metric.h"

#include <algorithm>

namespace frostbyte::metric {

std::string_view to_string(Unit unit) {
  switch (unit) {
    case Unit::nanoseconds:
      return "ns";
    case Unit::bytes:
      return "bytes";
    case Unit::count:
      return "count";
    case Unit::millionths:
      return "ppm";
    case Unit::ratio:
      return "ratio";
    case Unit::millihertz:
      return "mHz";
  }
  return "";
}

std::string_view to_string(Direction direction) {
  switch (direction) {
    case Direction::lower_is_better:
      return "lower is better";
    case Direction::higher_is_better:
      return "higher is better";
    case Direction::informational:
      return "informational";
  }
  return "";
}

std::string_view to_string(Scope scope) { return scope == Scope::sample ? "sample" : "variant"; }

std::optional<std::int64_t> measure(const Interval& interval, const Stamps& stamps) {
  const auto from = stamps.find(std::string(interval.from));
  const auto to = stamps.find(std::string(interval.to));
  if (from == stamps.end() || to == stamps.end()) return std::nullopt;
  std::int64_t difference = 0;
  if (__builtin_sub_overflow(to->second, from->second, &difference)) return std::nullopt;
  return difference;
}

namespace {

/// Stamps named, so that the table reads as the formula: "`response` − `exec`".
std::string source_of(const Metric& metric) {
  const auto interval = std::ranges::find(intervals(), metric.id, &Interval::metric);
  if (interval == intervals().end()) return std::string(metric.source);
  return "`" + std::string(interval->to) + "` − `" + std::string(interval->from) + "`";
}

}  // namespace

std::string markdown_table() {
  std::string table =
      "| quantity | unit | direction | per | source | definition |\n"
      "|---|---|---|---|---|---|\n";
  for (const Metric& metric : all()) {
    table += "| `" + std::string(metric.id) + "` | " + std::string(to_string(metric.unit)) + " | " +
             std::string(to_string(metric.direction)) + " | " + std::string(to_string(metric.scope)) + " | " +
             source_of(metric) + " | " + std::string(metric.definition) + " |\n";
  }
  return table;
}

}  // namespace frostbyte::metric
