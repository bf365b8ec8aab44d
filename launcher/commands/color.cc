#include "launcher/commands/color.h"

#include "launcher/commands/flag.h"

namespace frostbyte::commands {

CLI::Option* declare_color(CLI::App& app, std::string& color) {
  return value_flag(app, "--color", color, "auto|always|never", "colours of the console table")
      ->check(one_of({"auto", "always", "never"}));
}

report::RenderOptions render_options(int fd, const std::string& color) {
  report::RenderOptions options = report::terminal_options(fd);
  if (color == "always") options.colour = report::Colour::on;
  if (color == "never") options.colour = report::Colour::off;
  return options;
}

}  // namespace frostbyte::commands
