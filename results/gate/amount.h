// "2 MiB", "3 %", "20 us", 0.95: what a limit may be. Internal to results/gate.
#pragma once

#include <string_view>

#include "launcher/base/toml_file.h"
#include "results/gate/budget.h"

namespace frostbyte::gate {

/// A value of the metric. Durations and sizes need a unit; counts and ratios are plain numbers, ratios also "95 %".
/// Absent: nothing. Errors at `key`: no unit, another quantity's unit, negative, not finite.
Result<std::optional<Amount>> read_limit(const TomlTable& table, std::string_view key, metric::Unit unit);

/// How far the metric may move: "3 %" of the base, or a value of the metric.
Result<std::optional<Amount>> read_change(const TomlTable& table, std::string_view key, metric::Unit unit);

/// "at most 2 MiB", "at least 0.95", "at most 3 % or 20 us above the base, whichever is more".
std::string limit_in_words(const Change& change);

}  // namespace frostbyte::gate
