// `compare --by allocator`: before anything is timed, each build is asked which allocator it has. A label is a promise
// of a build file; a build that breaks it would be compared under a name that is not its own.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "launcher/base/result.h"
#include "launcher/sweep/executor.h"

namespace frostbyte::commands {

/// One line a variant of the plan: what its file shows (symbols, texts, libraries), and what the running program says
/// at the workload `allocator`, with the settings that its function.toml expects of it. Errors: a variant whose file or
/// whose process has another allocator than its label `allocator`; one whose settings did not take effect.
Result<std::vector<std::string>> prove_allocators(
    const sweep::Plan& plan, const std::vector<std::filesystem::path>& search,
    const std::function<Result<std::unique_ptr<sweep::Executor>>(const sweep::Plan&)>& make_executor);

}  // namespace frostbyte::commands
