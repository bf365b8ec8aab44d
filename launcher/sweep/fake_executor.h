// Launches that never happen: plausible samples made up from a seed, the same on every machine. For tests of everything
// around a launch — tables, files, resume, interruption — to the character. Never used unless --fake-launches is given.
#pragma once

#include "launcher/sweep/executor.h"

namespace frostbyte::sweep {

/// A variable of a function's or a variant's environment that names the outcome all of its launches have:
/// "exec_failed".
inline constexpr std::string_view kFakeOutcome = "FAKE_OUTCOME";

/// One that says how many nanoseconds its launches take from exec to listen, before the jitter.
inline constexpr std::string_view kFakeStart = "FAKE_START";

std::unique_ptr<Executor> make_fake_executor(const Plan& plan, std::uint64_t seed);

}  // namespace frostbyte::sweep
