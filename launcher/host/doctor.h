// Examines this host by doing, in small, everything a launch does: what works, what degrades the figures and what to do
// about it. Each probe runs the real system call, in a child where it changes process state; no kernel version is ever
// consulted. Takes about a second. Not here: the instrument's own error, which `calibrate` measures on real launches.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "launcher/base/result.h"
#include "launcher/host/finding.h"
#include "launcher/host/leftovers.h"

namespace frostbyte::host {

struct DoctorOptions {
  enum class Leftovers : std::uint8_t { report, remove };
  std::optional<std::string> cgroup_parent;  ///< as --cgroup-parent of a sweep
  Leftovers leftovers = Leftovers::report;   ///< `doctor --clean` removes
};

struct DoctorReport {
  std::vector<Finding> findings;  ///< grouped, in the order of Group
  bool can_measure = true;        ///< false: an essential finding is unavailable, the command exits with 3
  nlohmann::json facts;           ///< host_facts()
};

/// Errors: the doctor itself could not work (no memory, no fork). A poor host is a report, not an error.
/// The caller must be single-threaded: probes fork.
Result<DoctorReport> examine(const DoctorOptions& options = {});

}  // namespace frostbyte::host
