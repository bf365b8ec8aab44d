// User namespaces: one for the whole launcher when it is not root, or one per launch with the isolation part `user`.
#pragma once

#include "launcher/base/result.h"
#include "launcher/sandbox/steps.h"

namespace frostbyte::sandbox {

/// Moves this process into a user namespace of its own in which it is root, so that an ordinary user can make every
/// other namespace. Must run before any thread is started. Errors: user namespaces are switched off; the hint names the
/// switch.
Result<void> enter_user_namespace();

/// For a child cloned with CLONE_NEWUSER: maps root inside to the launcher's own user and group.
void add_identity_steps(StepList& steps);

}  // namespace frostbyte::sandbox
