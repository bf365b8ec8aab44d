// The commands, each declared in the file named after it.
#pragma once

#include <filesystem>
#include <functional>
#include <vector>

#include "launcher/commands/command.h"
#include "launcher/commands/isolation_choice.h"
#include "launcher/sweep/executor.h"
#include "results/record/header.h"

namespace frostbyte::commands {

/// What a sweep takes from the host and the build; a test gives its own.
struct SweepEnvironment {
  sweep::ExecutorFactory make_executor;
  PartProbe probe_parts;
  std::function<record::Json()> host_facts;
  std::function<std::vector<std::filesystem::path>()> search_path;
  record::Tool tool;
};

Command sweep_command(const SweepEnvironment& environment);
Command compare_command(const SweepEnvironment& environment);
Command audit_command(const SweepEnvironment& environment);
Command pack_command(const SweepEnvironment& environment);
Command report_command();
Command scrape_command(const SweepEnvironment& environment);
Command claims_command(const SweepEnvironment& environment);
Command doctor_command();

}  // namespace frostbyte::commands
