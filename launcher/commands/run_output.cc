#include "launcher/commands/run_output.h"

#include <unistd.h>

#include <limits>

#include "launcher/base/file.h"
#include "launcher/commands/color.h"

namespace frostbyte::commands {
namespace {

report::RenderOptions options_for(const Output& output, const std::string& color) {
  if (output.path == "-") return render_options(STDOUT_FILENO, color);
  report::RenderOptions options = report::terminal_options(-1);  // a file is no terminal, whatever we run in
  if (color == "always") options.colour = report::Colour::on;
  return options;
}

}  // namespace

Result<void> write_outputs(const report::Report& report, const std::filesystem::path& run_file,
                           const std::vector<Output>& outputs, const std::string& color) {
  for (const Output& output : outputs) {
    if (output.format != "run") {
      TRY(write_output(output, TRY(report::render(output.format, report, options_for(output, color)))));
    } else if (std::error_code ignored; !std::filesystem::equivalent(output.path, run_file, ignored)) {
      TRY(write_output(output, TRY(read_file(run_file, std::numeric_limits<std::size_t>::max()))));
    }
  }
  return {};
}

}  // namespace frostbyte::commands
