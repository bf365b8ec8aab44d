// function.toml: text → Function, before anything is looked up on disk. Internal to this module; pure, so it is fuzzed.
#pragma once

#include <filesystem>
#include <string_view>

#include "launcher/function/function.h"

namespace frostbyte::function {

/// `file` names the text in errors, and its folder becomes Function::folder. Function::program stays empty.
Result<Function> parse_function(std::string_view text, const std::filesystem::path& file);

/// The same for workloads.toml.
Result<Workloads> parse_workloads(std::string_view text, const std::filesystem::path& file);

}  // namespace frostbyte::function
