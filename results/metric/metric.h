// The registry of quantities: everything frostbyte prints is a row here, with unit, direction, source and definition.
// A new measurement is a new row plus the code that fills it; compare, gate, report and store work on rows alone.
//
// Not here: how a value is measured (launcher, images) or summarised (results/stats).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace frostbyte::metric {

enum class Unit : std::uint8_t { nanoseconds, bytes, count, ratio, millihertz, millionths };
enum class Direction : std::uint8_t { lower_is_better, higher_is_better, informational };
enum class Scope : std::uint8_t {
  sample,   ///< one value a launch: summarised by a distribution
  variant,  ///< one exact value a variant: compared exactly
};

/// As written in files: "ns", "bytes", "count", "ratio", "mHz" (events in a thousand seconds),
/// "ppm" (parts of a million: a ratio that is exact enough to be compared exactly).
std::string_view to_string(Unit unit);
/// "lower is better", "higher is better", "informational".
std::string_view to_string(Direction direction);
std::string_view to_string(Scope scope);

struct Metric {
  std::string_view id;     ///< "launch.exec_to_first_response": the family, a dot, the name
  std::string_view title;  ///< a column's heading: "first response"
  Unit unit;
  Direction direction;
  Scope scope;
  std::string_view
      source;  ///< where the number comes from: a clock and two stamps, a file of the kernel, a fact on disk
  std::string_view definition;  ///< one sentence
};

/// The interval every report leads with.
inline constexpr std::string_view kHeadline = "launch.exec_to_first_response";
/// Half-width of the instrument's own bound; a sample carries it as `error_ns`.
inline constexpr std::string_view kError = "launch.error";

/// Every metric, in the order reports list them. Ids are unique.
std::span<const Metric> all();
/// Null when no metric has this id.
const Metric* find(std::string_view id);

/// A metric that is the difference of two stamps of a launch: to − from.
struct Interval {
  std::string_view metric;
  std::string_view from;
  std::string_view to;
};
std::span<const Interval> intervals();

/// CLOCK_MONOTONIC ns by stamp name, as samples carry them.
using Stamps = std::map<std::string, std::int64_t>;
/// to − from, ns; nothing when a stamp is absent. Negative when the stamps are out of order: it is not hidden here.
std::optional<std::int64_t> measure(const Interval& interval, const Stamps& stamps);

/// The table of quantities of METHOD.md, as GitHub markdown; a test holds the file to it.
std::string markdown_table();

}  // namespace frostbyte::metric
