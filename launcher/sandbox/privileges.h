// What the child gives up before execve: capabilities and the right to gain new ones.
#pragma once

#include "launcher/sandbox/steps.h"

namespace frostbyte::sandbox {

/// True when this process may install a seccomp filter without no_new_privs (CAP_SYS_ADMIN in its user namespace).
bool can_filter_freely();

void add_no_new_privs_step(StepList& steps);

/// Empties the bounding, ambient, inheritable, permitted and effective sets.
void add_capability_steps(StepList& steps);

}  // namespace frostbyte::sandbox
