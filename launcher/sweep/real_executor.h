// The executor that launches for real: variants become launch targets, batches become slots.
#pragma once

#include <memory>

#include "launcher/base/result.h"
#include "launcher/sweep/executor.h"

namespace frostbyte::sweep {

/// Chooses CPUs, enters a user namespace when it must (so call it before any thread exists), probes cgroups and makes
/// every variant's target. What all variants take from their functions the calling thread gives up itself, once, where
/// it can (the bounding set); so a process that is to launch otherwise afterwards does it in another thread. Errors: a
/// part of the isolation this host cannot give, a sandbox that cannot be described.
Result<std::unique_ptr<Executor>> make_real_executor(const Plan& plan, const ExecutorOptions& options);

}  // namespace frostbyte::sweep
