// From what the user varies to the variants of a plan: the product of all dimensions, each with a unique, readable
// name. Not here: finding functions and reading flags (commands).
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "launcher/sweep/plan.h"

namespace frostbyte::sweep {

/// A function and what it is asked.
struct Target {
  function::Function function;
  function::Workload workload;
  std::uint32_t group = 0;  ///< counts what the user named: targets of one argument share it
};

/// An environment variable and the values it takes in turn.
struct EnvList {
  std::string name;
  std::vector<std::string> values;
};

/// An empty list means "one value, the default".
struct Dimensions {
  std::vector<Target> targets = {};
  std::vector<function::ContractKind> contracts = {};  ///< default: each function's first
  std::vector<sandbox::Isolation> isolations = {};     ///< default: full
  std::vector<CacheRegime> caches = {};                ///< default: warm
  std::vector<EnvList> env_lists = {};
  std::vector<std::pair<std::string, std::string>> env = {};  ///< the same for every variant
  std::vector<Bytes> memory_limits = {};                      ///< default: no limit
  std::vector<double> cpus = {};                              ///< default: no limit
  std::vector<std::uint64_t> instances = {};                  ///< default: one, and nothing of density is measured
  std::optional<std::int64_t> tasks = {};                     ///< default: kUsualTasksLimit in a cgroup
};

/// More than any function needs to start and answer once; far less than what hurts a host.
inline constexpr std::int64_t kUsualTasksLimit = 1024;

/// Every combination, functions outermost, in the order given. A contract a function does not speak is left out for it.
/// Functions of the same name are told apart by the folders above them, the same function given twice by #2, #3 …
/// Errors: no function; a function that speaks none of the contracts; a value given twice; more than a million
/// variants.
Result<std::vector<Variant>> expand(const Dimensions& dimensions);

}  // namespace frostbyte::sweep
