// The seccomp programs a launch may carry: one that tells the launcher of listen(2), one that refuses system calls no
// HTTP function needs, or both in one. Generated once per run by libseccomp, off the clock: that takes milliseconds.
#pragma once

#include <linux/filter.h>

#include <vector>

#include "launcher/base/result.h"
#include "launcher/sandbox/steps.h"

namespace frostbyte::sandbox {

enum class ListenTrap : bool { no, yes };
enum class Refusal : bool { no, yes };

/// Trapped with `ListenTrap::yes`: listen, and io_uring_setup, because a ring can listen without the call.
/// Refused with EPERM with `Refusal::yes`: mounting, modules, tracing, keys, namespaces, clocks, reboot … the list is
/// in the .cc file, and METHOD.md prints it.
Result<std::vector<sock_filter>> make_filter(ListenTrap trap, Refusal refusal);

/// Appends the step that installs `filter`. With a trap, its result is the notification descriptor.
/// Flags are set by raw seccomp(2): libseccomp before 2.6 cannot ask for WAIT_KILLABLE_RECV, without which every signal
/// (Go's preemption sends them all the time) restarts the trapped call.
void add_filter_step(StepList& steps, const std::vector<sock_filter>& filter, ListenTrap trap);

/// True when this kernel accepts `flag` of SECCOMP_SET_MODE_FILTER.
bool kernel_has_filter_flag(unsigned long flag);

/// Names of the system calls that `Refusal::yes` refuses.
std::vector<std::string> refused_calls();

}  // namespace frostbyte::sandbox
