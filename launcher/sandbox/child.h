// The child's side of a launch, from its first instruction to execve. It shares the launcher's memory (CLONE_VM) while
// the launcher stands still (CLONE_VFORK), so it allocates nothing, takes no lock, calls no destructor and leaves errno
// alone: raw system calls over a plan that the parent laid out.
#pragma once

#include <sys/resource.h>

#include <cstdint>

#include "launcher/base/clock.h"
#include "launcher/sandbox/steps.h"

namespace frostbyte::sandbox {

/// Written by the child, read by the launcher after clone3 returned.
struct ChildReport {
  std::uint32_t list = 0;      ///< index into ChildPlan::lists of the list it was at; their number: execve
  std::uint32_t step = 0;      ///< index of the step it was at, within that list
  int error = 0;               ///< errno of what failed; 0: execve was entered and has not returned
  int listener = -1;           ///< seccomp notification descriptor, in the launcher's table
  Instant exec{};              ///< last instruction before execve
  rusage usage_before_exec{};  ///< faults, switches and CPU time that are not the function's
};

struct ChildPlan {
  /// Walked in order: some lists belong to the variant and are made once, others to this launch.
  std::span<const std::span<const Step>> lists;
  char* listen_pid_digits = nullptr;  ///< where LISTEN_PID's digits go when the pid is not known before clone
  const char* program = nullptr;
  char* const* argv = nullptr;
  char* const* envp = nullptr;
  ChildReport* report = nullptr;
};

/// Runs the plan and executes the program. Never returns: exits with 127 when something fails.
[[noreturn]] void run_plan_in_child(const ChildPlan& plan) noexcept;

}  // namespace frostbyte::sandbox
