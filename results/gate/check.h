// One evaluated limit: what every format for CI renders, and what the exit code comes from. Plain data.
//
// Not here: budgets and how they are evaluated (gate.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "results/metric/metric.h"

namespace frostbyte::gate {

enum class Level : std::uint8_t { warn, fail };

enum class Status : std::uint8_t {
  pass,
  warned,     ///< beyond a limit of level warn
  failed,     ///< beyond a limit of level fail, or its metric could not be measured
  undecided,  ///< the figure's interval holds the limit: these samples do not tell on which side it lies
  ignored,    ///< did not pass, and an unexpired ignore covers it; or there is no base, which was accepted
};
std::string_view to_string(Level level);
std::string_view to_string(Status status);

struct Check {
  std::string metric;  ///< as the budget wrote it: "launch.exec_to_first_response.p50"
  std::string subject;
  std::string limit;  ///< in words: "at most 2 MiB", "at most 3 % and 20 µs more than the base", "not worse than base"
  Level level = Level::fail;
  Status status = Status::pass;
  metric::Unit unit = metric::Unit::count;
  std::optional<double> actual;  ///< absent when it could not be measured: then `detail` says why
  std::optional<double> bound;   ///< the limit as a number, in `unit`
  std::optional<double> base;    ///< for relative limits
  std::string detail;            ///< one sentence: "2.31 MiB, 0.31 MiB above the limit"
  std::string message;           ///< the budget's own, or an ignore's reason
  std::string origin;            ///< "budgets.toml:12"; empty for checks no file asked for
};

}  // namespace frostbyte::gate
