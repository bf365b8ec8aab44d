// The census of a plan's variants: system calls up to the first response, counted in launches of their own before
// anything is timed. What it finds are metrics of variant scope: exact, and given only where launches agree.
#pragma once

#include <atomic>

#include "launcher/sweep/executor.h"
#include "results/record/header.h"

namespace frostbyte::sweep {

/// Launches a variant's counts are taken from.
inline constexpr int kCensusLaunches = 3;

/// Fills `calls.*` of header's variants, which are the plan's: a count on which all launches agree, else why there is
/// none. What was not counted because of `interrupted` says so. Errors: the executor's.
Result<void> take_census(const Plan& plan, Executor& executor, const std::atomic<bool>& interrupted,
                         record::Header& header);

}  // namespace frostbyte::sweep
