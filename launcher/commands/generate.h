// Texts about the command line, made from its definition and from nothing else: help, man page, shell completions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "launcher/base/result.h"

namespace CLI {
class App;
}

namespace frostbyte::commands {

/// Whether a flag or an argument may be given more than once.
enum class Repeat : std::uint8_t { once, many };

struct FlagDoc {
  std::vector<std::string> names;    ///< "-r", "--runs": short ones first
  std::string value;                 ///< what stands for the value, "N"; empty for a switch
  std::vector<std::string> choices;  ///< the words of a value written "a|b|c"
  std::string fallback;              ///< default as text; empty when there is none to tell
  std::string help;
  std::string group;
  Repeat repeat = Repeat::once;
};

struct PositionalDoc {
  std::string name;
  std::string help;
  Repeat repeat = Repeat::once;
};

struct CommandDoc {
  std::string name;  ///< "frostbyte", "sweep"
  std::string path;  ///< "frostbyte sweep"
  std::string summary;
  std::string details;
  std::vector<PositionalDoc> positionals;
  std::vector<FlagDoc> flags;  ///< hidden ones are left out
  std::vector<CommandDoc> commands;
};

CommandDoc describe(const CLI::App& app);

std::string help_text(const CommandDoc& command);
std::string man_page(const CommandDoc& program);
std::string bash_completion(const CommandDoc& program);
std::string zsh_completion(const CommandDoc& program);
std::string fish_completion(const CommandDoc& program);

/// By the name given to --generate. Errors: no such text.
Result<std::string> generate(std::string_view what, const CommandDoc& program);

/// What a shell should offer for a flag's value.
enum class Completion : std::uint8_t { words, files, directories, nothing };
Completion completion_of(const FlagDoc& flag);

}  // namespace frostbyte::commands
