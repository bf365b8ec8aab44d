// Messages for the user, on standard error: standard output carries results only.
#pragma once

#include <string_view>

#include "launcher/base/result.h"
#include "launcher/commands/exit_code.h"

namespace frostbyte::commands {

void say(std::string_view line);

/// Prints "frostbyte: cannot …" with its hint and gives `code` back, so that a command can end with it.
ExitCode give_up(const Error& error, ExitCode code);

}  // namespace frostbyte::commands
