// Saved runs as arguments: RUN.jsonl and RUN.jsonl#VARIANT.
#pragma once

#include <optional>
#include <string>

#include "launcher/base/result.h"
#include "launcher/commands/compare_pairs.h"
#include "results/record/run.h"

namespace frostbyte::commands {

struct SavedName {
  std::string path;
  std::string variant;  ///< empty: all of the run
};

/// Nothing when the argument names no file that begins like a run; a function's folder or toml does not.
std::optional<SavedName> saved_run_name(const std::string& argument);

/// Errors: the run has no such variant, or none at all.
Result<Group> group_of(const std::string& argument, const SavedName& name, const record::Run& run, std::size_t source);

}  // namespace frostbyte::commands
