// A run, summarised once and written in every format asked for.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "launcher/commands/outputs.h"
#include "results/record/run.h"

namespace frostbyte::commands {

/// `file` is where the run was read from, for the format `run`.
Result<void> write_outputs(const record::Run& run, const std::filesystem::path& file,
                           const std::vector<Output>& outputs, const std::string& color);

}  // namespace frostbyte::commands
