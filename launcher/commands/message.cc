#include "launcher/commands/message.h"

#include <fmt/format.h>

#include <cstdio>

namespace frostbyte::commands {

void say(std::string_view line) { fmt::print(stderr, "{}\n", line); }

ExitCode give_up(const Error& error, ExitCode code) {
  fmt::print(stderr, "frostbyte: {}\n", error.message());
  return code;
}

}  // namespace frostbyte::commands
