// A budget file as data: limits on metrics of subjects, and the exceptions that were granted.
//
// Not here: whether a limit is kept (gate.h).
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "launcher/base/result.h"
#include "results/gate/check.h"
#include "results/metric/metric.h"

namespace frostbyte::gate {

/// What of a distribution a budget looks at. An exact metric has one value, which is all of them.
enum class Statistic : std::uint8_t { p50, p90, p95, p99, mean, sd, mad, min, max };
std::string_view to_string(Statistic statistic);

/// "launch.exec_to_first_response.p90" taken apart; without a suffix the statistic is the median.
struct MetricName {
  std::string text;  ///< as written
  const metric::Metric* metric = nullptr;
  std::optional<Statistic> statistic;  ///< absent when the text names none
};
/// Errors: no such metric, no such statistic (the hint has the nearest), a statistic of an exact metric.
Result<MetricName> parse_metric_name(std::string_view text);

/// A number in the metric's unit, or a part of the base.
struct Amount {
  enum class Of : std::uint8_t { unit, base } of = Of::unit;
  double value = 0;  ///< in the metric's unit, or 0.03 for "3 %"
  std::string text;  ///< as written, for messages
};

/// How far a metric may move away from the base. Both amounts must be exceeded; the second may be absent.
struct Change {
  enum class Way : std::uint8_t { increase, decrease } way = Way::increase;
  Amount at_most;
  std::optional<Amount> and_at_least;
};

struct Budget {
  MetricName metric;
  std::string subject = "*";  ///< a glob over subjects' names
  std::optional<Amount> max;
  std::optional<Amount> min;
  std::optional<Change> change;
  Level level = Level::fail;
  bool may_match_nothing = false;  ///< `optional = true`
  std::string message;
  std::string origin;  ///< "budgets.toml:12"

  [[nodiscard]] Statistic statistic() const { return metric.statistic.value_or(Statistic::p50); }
};

/// What is beyond a limit and known to be, until a day.
struct Ignore {
  MetricName metric;  ///< without a statistic: of every statistic
  std::string subject = "*";
  std::string reason;
  std::chrono::year_month_day expires;  ///< the last day it holds, UTC
  std::string origin;
};

struct Budgets {
  std::vector<Budget> budgets;  ///< in the files' order
  std::vector<Ignore> ignores;
};

/// Errors name file and line: not TOML, unknown keys, metrics or units, a budget without a limit, amounts that are
/// negative, not finite or without a unit, a limit on the side that is an improvement, an ignore without reason or day.
Result<Budgets> parse_budgets(std::string_view text, const std::filesystem::path& file);
Result<Budgets> read_budgets(const std::filesystem::path& file);

/// `*` any text, `?` one character, all else itself. A name that is the glob to the letter matches too, so that names
/// which hold `[` or `*` can be written as they are.
bool matches(std::string_view glob, std::string_view name);

}  // namespace frostbyte::gate
