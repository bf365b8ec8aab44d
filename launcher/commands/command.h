// One of frostbyte's commands: its words, its flags, and what it does. Flags are declared by the command they serve,
// each in one place, which feeds parsing, help, man page and completions.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "launcher/commands/exit_code.h"

namespace CLI {
class App;
}

namespace frostbyte::commands {

/// What a command may want to know beside its flags.
struct Invocation {
  std::vector<std::string> argv;          ///< as typed, program first
  std::vector<std::string> after_dashes;  ///< the words after `--`, for a command that takes them
};

/// What `--` means to a command.
enum class AfterDashes : std::uint8_t { positionals, bare_command };

struct Command {
  std::string name;
  std::string summary;
  std::string details;  ///< paragraphs and examples for --help and the man page
  AfterDashes after_dashes = AfterDashes::positionals;
  /// Declares the flags and returns what to do once they are parsed.
  std::function<std::function<ExitCode()>(CLI::App&, const Invocation&)> declare;
};

}  // namespace frostbyte::commands
