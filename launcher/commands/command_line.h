// The program's commands as one CLI11 tree: parsing, --help, --version, and what is generated from the same definitions
// (man page, completions). Flags are declared by the command they serve, each in one place.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "launcher/commands/command.h"

namespace frostbyte::commands {

class CommandLine {
 public:
  explicit CommandLine(const std::string& version);
  void add(const Command& command);
  /// Parses and runs. Help, version and generated texts go to standard output, errors to standard error.
  ExitCode run(int argc, char** argv);

 private:
  ExitCode dispatch();
  ExitCode usage_error(const CLI::ParseError& error) const;
  [[nodiscard]] const CLI::App& chosen() const;

  struct Entry {
    CLI::App* app;
    AfterDashes after_dashes;
    std::function<ExitCode()> run;
  };
  CLI::App app_;
  Invocation invocation_;
  std::vector<Entry> commands_;
  std::string generate_;
};

}  // namespace frostbyte::commands
