// What the child gives up before execve: capabilities and the right to gain new ones.
#pragma once

#include "launcher/sandbox/steps.h"

namespace frostbyte::sandbox {

/// True when this process may install a seccomp filter without no_new_privs (CAP_SYS_ADMIN in its user namespace).
bool can_filter_freely();

void add_no_new_privs_step(StepList& steps);

/// This thread's bounding set, for good, and that of every child it makes from now on outside a new user namespace. It
/// keeps the capabilities it has. Nothing happens without CAP_SETPCAP; the children's steps are laid out accordingly.
void empty_bounding_set();

enum class BoundingSet : bool { inherited, full };  ///< full: that of a new user namespace

/// Empties the bounding (where it is not empty yet), ambient, inheritable, permitted and effective sets.
void add_capability_steps(StepList& steps, BoundingSet bounding_set);

}  // namespace frostbyte::sandbox
