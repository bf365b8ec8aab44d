// A report, written in every format asked for.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "launcher/commands/outputs.h"
#include "results/report/render.h"

namespace frostbyte::commands {

/// `run_file` is where the run was read from, for the format `run`; a command without that format gives none.
Result<void> write_outputs(const report::Report& report, const std::filesystem::path& run_file,
                           const std::vector<Output>& outputs, const std::string& color);

}  // namespace frostbyte::commands
