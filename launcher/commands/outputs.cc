#include "launcher/commands/outputs.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "launcher/base/file.h"
#include "launcher/base/nearest.h"
#include "launcher/commands/flag.h"
#include "results/report/render.h"

namespace frostbyte::commands {
namespace {

bool is_file_or_absent(const std::string& path) {
  std::error_code ignored;
  const auto status = std::filesystem::status(path, ignored);
  return status.type() == std::filesystem::file_type::regular || status.type() == std::filesystem::file_type::not_found;
}

Result<void> check_writable(const std::string& path) {
  if (std::filesystem::is_directory(path)) return failure("write", path, "it is a directory", "name a file in it");
  std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (folder.empty()) folder = ".";
  if (::access(folder.c_str(), W_OK) != 0 && is_file_or_absent(path))
    return system_failure("write into folder", folder.string(), "create it, or name another: -o FORMAT=PATH");
  return {};
}

Result<Output> parse_output(const std::string& text, std::span<const std::string> formats) {
  const std::size_t equals = text.find('=');
  const std::string format = text.substr(0, equals);
  if (std::ranges::find(formats, format) == formats.end())
    return failure("read -o", text, fmt::format("there is no format '{}'", format),
                   did_you_mean(format, formats) + "formats: " + listing(formats));
  if (equals == std::string::npos || equals + 1 == text.size())
    return failure("read -o", text, "it names no file",
                   fmt::format("-o {}=FILE, or -o {}=- for standard output", format, format));
  return Output{.format = format, .path = text.substr(equals + 1)};
}

}  // namespace

std::vector<std::string> report_formats() {
  std::vector<std::string> names;
  for (const report::Format& format : report::formats()) names.emplace_back(format.name);
  return names;
}

CLI::Option* declare_outputs(CLI::App& app, std::vector<std::string>& outputs, std::string_view further) {
  std::vector<std::string> formats = report_formats();
  if (!further.empty()) formats.emplace_back(further);
  return repeated_flag(app, "-o,--output", outputs, "FORMAT=PATH",
                       fmt::format("write a format to a file, - is standard output; console=- without any; formats: {}",
                                   fmt::join(formats, ", ")));
}

Result<std::vector<Output>> parse_outputs(std::span<const std::string> texts, std::span<const std::string> formats) {
  std::vector<Output> outputs;
  for (const std::string& text : texts) {
    Output output = TRY(parse_output(text, formats));
    if (output.path != "-") {
      TRY(check_writable(output.path));
      if (std::ranges::find(outputs, output.path, &Output::path) != outputs.end())
        return failure("read -o", text, "another output goes to this file", "name one file for each format");
    }
    outputs.push_back(std::move(output));
  }
  if (outputs.empty()) outputs.push_back({.format = "console", .path = "-"});
  return outputs;
}

Result<void> write_output(const Output& output, std::string_view text) {
  if (output.path == "-") return write_all(STDOUT_FILENO, text, "standard output");
  if (is_file_or_absent(output.path)) return write_atomically(output.path, text);
  const Fd file = TRY(open_file(output.path, O_WRONLY));
  return write_all(file.get(), text, output.path);
}

}  // namespace frostbyte::commands
