// --color, and what standard output is able to show.
#pragma once

#include <string>

#include "results/report/render.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace frostbyte::commands {

CLI::Option* declare_color(CLI::App& app, std::string& color);

/// How to render for `fd`: `color` is auto, always or never.
report::RenderOptions render_options(int fd, const std::string& color);

}  // namespace frostbyte::commands
