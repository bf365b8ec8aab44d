// What a host's calibration found: how far the instrument itself is off, and what the host does to it. Plain data, and
// the record it is kept in (schema frostbyte.calibration/1).
//
// Not here: measuring it (launcher/host), computing it from launches (analysis.h), where the file lies (launcher/host).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "launcher/base/result.h"
#include "results/record/header.h"

namespace frostbyte::calibration {

inline constexpr std::string_view kSchema = "frostbyte.calibration/1";
/// A noise floor above this is no floor: a margin that wide would call everything equivalent.
inline constexpr double kMostFloor = 1;

/// One quantity of one subject. A value alone, or the distribution of n measurements; or the reason why there is none.
struct Figure {
  std::string metric{};   ///< id in the registry
  std::string subject{};  ///< "port", "listen-fds", "host", "without memory sampling"
  std::optional<double> value{};
  std::optional<double> ci_low{};  ///< 95 % interval of `value`
  std::optional<double> ci_high{};
  std::optional<double> p99{};
  std::uint64_t n = 0;   ///< measurements behind it; 0 for none
  std::string reason{};  ///< why `value` is absent
};

struct Calibration {
  record::Tool tool;
  std::string made{};     ///< UTC, ISO 8601
  std::string host_id{};  ///< of the host facts
  std::string host{};     ///< one line for people
  std::uint64_t seed = 0;
  std::uint64_t launches = 0;
  std::int64_t took_ns = 0;
  std::vector<Figure> figures;                  ///< in the order of the table
  std::map<std::string, double> noise_floor{};  ///< metric id → part of its value

  /// Null when there is none of these.
  [[nodiscard]] const Figure* find(std::string_view metric, std::string_view subject) const;
};

record::Json to_json(const Calibration& calibration);
/// Errors name the member; a schema of another version says what to do. Figures of metrics that this version does not
/// know stay.
Result<Calibration> from_json(const record::Json& json);

/// The calibration that a run's host facts carry, if it is whole and of that very host.
std::optional<Calibration> of_host(const record::Json& host);

}  // namespace frostbyte::calibration
