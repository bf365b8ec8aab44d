// From the flags of a sweep to its plan. Every error names the flag or the function, and what to write instead.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "launcher/commands/image_functions.h"
#include "launcher/commands/sweep_flags.h"
#include "launcher/sweep/executor.h"
#include "launcher/sweep/expand.h"

namespace frostbyte::commands {

struct PlanRequest {
  const SweepFlags& flags;
  std::vector<std::string> bare_words;         ///< the command after `--`; empty when there is none
  std::vector<std::filesystem::path> search;   ///< where functions are looked for by name
  std::vector<sandbox::Isolation> isolations;  ///< chosen for this host; never empty
  std::uint64_t seed = 0;                      ///< used when the flags give none
  ImageFunctions* images = nullptr;            ///< unpacks those that are named; null: images are refused
};

/// True when the command line names anything to launch.
bool names_functions(const PlanRequest& request);

/// What a function's load asks: the workload named in the spec, or the launch's own. A bare command has only its own.
Result<load::Load> read_load(const PlanRequest& request, const load::Spec& spec, const sweep::Variant& variant);

/// The functions and bare commands with their workloads, in the order given.
Result<std::vector<sweep::Target>> read_targets(const PlanRequest& request);

Result<sweep::Plan> read_plan(const PlanRequest& request);

Result<sweep::ExecutorOptions> read_executor_options(const SweepFlags& flags);

/// "a,b\\,c" → "a", "b,c".
std::vector<std::string> split_values(std::string_view text);

}  // namespace frostbyte::commands
