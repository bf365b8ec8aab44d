// `-o FORMAT=PATH`: which texts go where. Checked before anything is measured, written after.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "launcher/base/result.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace frostbyte::commands {

struct Output {
  std::string format;
  std::string path;  ///< "-" is standard output
};

/// Declares -o; `further` is a format the command has beside those of results/report, or empty.
CLI::Option* declare_outputs(CLI::App& app, std::vector<std::string>& outputs, std::string_view further);

/// Without any, the console format on standard output. Errors: not FORMAT=PATH, an unknown format, a folder that is not
/// there or not writable, a path given twice.
Result<std::vector<Output>> parse_outputs(std::span<const std::string> texts, std::span<const std::string> formats);

/// The names of results/report's formats.
std::vector<std::string> report_formats();

/// Replaces a file atomically; writes into anything else (a pipe, /dev/stdout) as it is.
Result<void> write_output(const Output& output, std::string_view text);

}  // namespace frostbyte::commands
