// The flags of `frostbyte sweep`: declared here, once, for parsing, help, man page and completions. Texts that need
// more than a number's range to be understood stay text until plan_request.h reads them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "launcher/commands/gating.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace frostbyte::commands {

struct SweepFlags {
  // what is launched
  std::vector<std::string> functions;
  std::vector<std::string> commands;
  std::vector<std::string> names;
  std::vector<std::string> contracts;
  std::optional<std::uint16_t> port;
  std::vector<std::string> by;
  std::string workload;
  std::string method = "GET";
  std::string path = "/";
  std::vector<std::string> headers;
  std::string body;
  int expect_status = 200;
  std::optional<std::string> expect_body;
  // settings
  std::vector<std::string> isolations;
  std::vector<std::string> caches;
  std::vector<std::string> env_lists;
  std::vector<std::string> env;
  std::vector<std::string> memory_limits;
  std::vector<std::string> cpus;
  std::optional<std::int64_t> tasks_limit;
  std::vector<std::uint64_t> instances;
  std::string root = "auto";
  // how much, and how
  std::optional<std::uint32_t> runs;
  std::string time;
  std::optional<std::uint32_t> warmup;
  std::optional<std::uint64_t> seed;
  std::string pace = "0";
  std::string timeout = "10s";
  std::string stop = "kill";
  std::string stop_grace = "5s";
  std::uint32_t max_failures = 5;
  std::string load;
  std::uint32_t after_requests = 0;
  std::string after_idle;
  bool census = false;
  bool find_memory_limit = false;
  // this host
  std::string cgroup_parent;
  std::optional<int> launcher_cpu;
  std::string function_cpus;
  bool no_kernel_stamps = false;
  // results
  std::vector<std::string> outputs;
  std::string run_file;
  bool resume = false;
  bool overwrite = false;
  bool dry_run = false;
  bool quiet = false;
  std::string color = "auto";
  GatingFlags gating;
  /// Hidden: launches are made up from this seed, so that tests see the same figures every time.
  std::optional<std::uint64_t> fake_launches;
  /// Hidden: memory the launcher holds besides, so that tests see that it changes nothing.
  std::string ballast;

  /// The flags that describe a bare command's request and response; a function's workload says these itself.
  std::vector<CLI::Option*> request_flags;
  [[nodiscard]] std::string given_request_flag() const;
};

void declare_sweep_flags(CLI::App& app, SweepFlags& flags);

/// What -r and --time say where they mean something else than to a sweep.
struct AmountHelp {
  std::string runs;
  std::string time;
};
/// For another command that launches: all that says what is launched, how and where, but FUNCTION itself.
void declare_launch_flags(CLI::App& app, SweepFlags& flags, const AmountHelp& help);
/// Which CPUs and cgroup, and whether with kernel stamps.
void declare_host_flags(CLI::App& app, SweepFlags& flags);
/// Where results go, without --resume.
void declare_result_flags(CLI::App& app, SweepFlags& flags);

}  // namespace frostbyte::commands
