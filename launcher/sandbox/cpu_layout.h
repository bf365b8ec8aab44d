// Where the launcher and the function run: on different physical cores, so that neither waits for the other's cycles.
// The function gets one CPU unless the user says otherwise: the same figure on a laptop and on a server with 128 CPUs,
// no migrations inside a launch, and the share a small serverless function is sold.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "launcher/base/result.h"

namespace frostbyte::sandbox {

struct CpuChoice {
  int launcher = 0;
  std::vector<int> function;  ///< ascending, never empty
  std::string warning;        ///< what this placement does to the figures, and the remedy; empty when it is a good one
};

/// What the choice is made from; the defaults are this host and this process. Tests give trees of their own.
struct CpuSource {
  std::filesystem::path sysfs = "/sys";
  std::optional<std::vector<int>> allowed;  ///< else sched_getaffinity(2), which also honours cpusets
};

/// Fills in what the user did not choose. The launcher takes the lowest usable CPU that is not isolated; the function
/// an isolated CPU if there is one, never CPU 0 nor an SMT sibling of the launcher's while there is another, near the
/// launcher's package first. Given CPUs are kept as they are. Errors: a CPU that is offline or outside of the affinity
/// mask; no CPU given.
Result<CpuChoice> choose_cpus(const std::optional<int>& launcher = {},
                              const std::optional<std::vector<int>>& function = {}, const CpuSource& source = {});

/// The kernel's list format, "0-3,5". Sorted, without duplicates; empty text is an empty list. Errors: not a list, a
/// falling range, a CPU number no Linux host has.
Result<std::vector<int>> parse_cpu_list(std::string_view text);

/// The inverse: "0-3,5".
std::string format_cpu_list(const std::vector<int>& cpus);

}  // namespace frostbyte::sandbox
