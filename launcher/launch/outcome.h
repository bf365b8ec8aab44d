// From how a launch ended to the words its row carries: outcome, phase, cause. And the figures of its rusage.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <array>
#include <string>
#include <vector>

#include "launcher/contract/contract.h"
#include "launcher/launch/target.h"
#include "launcher/sandbox/spawn.h"
#include "results/record/sample.h"

namespace frostbyte::launch {

struct Evidence {
  const Target& target;
  const sandbox::Spawned& child;
  std::array<const sandbox::StepList*, 4> lists;  ///< in the order in which the child walked them
  const contract::Conclusion& conclusion;
  bool ended_by_itself;  ///< not by the launcher's stop; only then do the next two say anything
  int exit_status;
  int exit_signal;
  const sandbox::Cgroup* cgroup;  ///< may be null
  const std::string& stderr_tail;
};

/// Fills outcome, detail, phase, errno, exit status and signal, and the tail of stderr of a failure.
void explain_outcome(const Evidence& evidence, record::Sample& sample);

/// faults, CPU time and context switches between execve and the end, as differences to what the child used before.
void record_usage(const rusage& before_exec, const rusage& at_exit, record::Sample& sample);

/// Processes whose parent is this process.
std::vector<pid_t> own_children();

}  // namespace frostbyte::launch
