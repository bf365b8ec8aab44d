#include "launcher/commands/sweep_flags.h"

#include "launcher/commands/color.h"
#include "launcher/commands/flag.h"
#include "launcher/commands/outputs.h"

namespace frostbyte::commands {
namespace {

constexpr std::uint32_t kMost = 1'000'000'000;

void declare_what(CLI::App& app, SweepFlags& flags) {
  const std::string group = "What is launched";
  repeated_flag(app, "--command", flags.commands, "CMD",
                "a bare command with its arguments, as a shell would split them")
      ->group(group);
  repeated_flag(app, "-n,--name", flags.names, "NAME", "name of the bare command in the same place")->group(group);
  list_flag(app, "--contract", flags.contracts, "port|listen-fds|lambda",
            "how the function is told where to serve; several contracts are measured in turn")
      ->group(group);
  value_flag(app, "--port", flags.port, "N", "the port a bare command will bind; without it PORT is set")
      ->check(in_range(1, 65535))
      ->group(group);
  list_flag(app, "--by", flags.by, "LABEL",
            "beside each function, the variants its function.toml names that differ from it in this label alone; of "
            "several labels, in these alone")
      ->group(group);
  value_flag(app, "--workload", flags.workload, "NAME",
             "what functions are asked: hello where they serve it, else their first")
      ->group(group);
  flags.request_flags = {
      value_flag(app, "--method", flags.method, "METHOD", "method of a bare command's request"),
      value_flag(app, "--path", flags.path, "TARGET", "target of a bare command's request"),
      repeated_flag(app, "--header", flags.headers, "'NAME: VALUE'", "header of a bare command's request"),
      value_flag(app, "--body", flags.body, "BODY", "body of a bare command's request; @FILE reads it from a file"),
      value_flag(app, "--expect-status", flags.expect_status, "CODE",
                 "status that makes a bare command's response valid")
          ->check(in_range(100, 599)),
      value_flag(app, "--expect-body", flags.expect_body, "BODY",
                 "body that makes a bare command's response valid; any is, without it"),
  };
  for (CLI::Option* option : flags.request_flags) option->group(group);
}

void declare_settings(CLI::App& app, SweepFlags& flags) {
  const std::string group = "Settings, each value measured in turn";
  repeated_flag(app, "--isolation", flags.isolations, "PARTS",
                "none, namespaces or full, then ,-part or ,+part: full,-net; full, as far as this host can, by default")
      ->group(group);
  list_flag(app, "--cache", flags.caches, "warm|cold", "page cache state of the function's own files; warm by default")
      ->group(group);
  repeated_flag(app, "-L,--parameter-list", flags.env_lists, "NAME=A,B", "an environment variable and its values")
      ->group(group);
  repeated_flag(app, "--env", flags.env, "NAME=VALUE", "an environment variable of every launch")->group(group);
  list_flag(app, "--memory-limit", flags.memory_limits, "BYTES", "hard memory limit: 64MiB")->group(group);
  list_flag(app, "--cpus", flags.cpus, "N", "CPU quota: 0.5 is half a CPU")->group(group);
  value_flag(app, "--tasks-limit", flags.tasks_limit, "N",
             "most processes and threads of a launch; 1024 in a cgroup by default")
      ->check(in_range(1, 4'194'304))
      ->group(group);
  app.add_option("--instances", flags.instances,
                 "launch beside so many less one idle instances, each in its sandbox, and measure what they hold "
                 "together: 1,10,100")
      ->type_name("N")
      ->allow_extra_args(false)
      ->take_all()
      ->delimiter(',')
      ->check(in_range(1u, 1'000'000u))
      ->group(group);
  value_flag(app, "--root", flags.root, "ROOT", "root file system: auto, minimal, host or a directory")->group(group);
}

void declare_amount(CLI::App& app, SweepFlags& flags, const AmountHelp& help) {
  const std::string group = "How many launches, and how";
  value_flag(app, "-r,--runs", flags.runs, "N", help.runs)->check(in_range(1u, kMost))->group(group);
  value_flag(app, "--time", flags.time, "DURATION", help.time)->group(group);
  value_flag(app, "-w,--warmup", flags.warmup, "N",
             "launches of each variant before, recorded but not counted; none with --load or --instances")
      ->default_str("3")
      ->check(in_range(0u, kMost))
      ->group(group);
  value_flag(app, "--seed", flags.seed, "N", "seed of the order of launches; chosen and recorded without it")
      ->group(group);
  value_flag(app, "--pace", flags.pace, "DURATION", "constant idle gap before every launch")->group(group);
  value_flag(app, "--timeout", flags.timeout, "DURATION", "longest time from spawn to response")->group(group);
  value_flag(app, "--stop", flags.stop, "kill|term", "signal that ends a function")
      ->check(one_of({"kill", "term"}))
      ->group(group);
  value_flag(app, "--stop-grace", flags.stop_grace, "DURATION", "time after SIGTERM until SIGKILL")->group(group);
  value_flag(
      app, "--load", flags.load, "SPEC",
      "after the first response: rate=N or rate=max, then, separated by commas, any of connections=64, duration=10s, "
      "warmup=1s, timeout=5s and workload=NAME")
      ->group(group);
  value_flag(app, "--after-requests", flags.after_requests, "K",
             "read memory again after K more requests, one at a time, each on a connection of its own")
      ->default_str("")
      ->check(in_range(1u, kMost))
      ->group(group);
  value_flag(app, "--after-idle", flags.after_idle, "DURATION",
             "read memory again after the function was left alone for so long: 1s")
      ->group(group);
  app.add_flag("--census", flags.census,
               "before anything is timed, count each variant's system calls up to its first response, in launches of "
               "their own")
      ->group(group);
  app.add_flag("--find-memory-limit", flags.find_memory_limit,
               "before anything is timed, find the smallest memory limit under which each variant answers, and how it "
               "fails just below")
      ->group(group);
  value_flag(app, "--max-failures", flags.max_failures, "N",
             "stop a variant whose first N launches all fail with the same outcome; 0: never")
      ->check(in_range(0u, kMost))
      ->group(group);
}

constexpr const char* kResults = "Results";

}  // namespace

void declare_host_flags(CLI::App& app, SweepFlags& flags) {
  const std::string group = "On this host";
  value_flag(app, "--cgroup-parent", flags.cgroup_parent, "DIR",
             "cgroup directory to work below; found by probing without it")
      ->group(group);
  value_flag(app, "--launcher-cpu", flags.launcher_cpu, "N", "CPU of the launcher; chosen without it")
      ->check(in_range(0, 8191))
      ->group(group);
  value_flag(app, "--function-cpus", flags.function_cpus, "LIST", "CPUs of the function: 1 or 2-3,5; chosen without it")
      ->group(group);
  app.add_flag("--no-kernel-stamps", flags.no_kernel_stamps, "do without perf records")->group(group);
}

void declare_result_flags(CLI::App& app, SweepFlags& flags) {
  const std::string group = kResults;
  declare_outputs(app, flags.outputs, "run")->group(group);
  value_flag(app, "--run-file", flags.run_file, "PATH", "write every sample to this file as it comes; as -o run=PATH")
      ->group(group);
  app.add_flag("--overwrite", flags.overwrite, "replace the run file if there is one")->group(group);
  app.add_flag("--dry-run", flags.dry_run, "print the plan, launch nothing")->group(group);
  app.add_flag("--quiet", flags.quiet, "no progress line and no notes; errors only")->group(group);
  declare_color(app, flags.color)->group(group);
  value_flag(app, "--fake-launches", flags.fake_launches, "SEED", "make up launches")->group("");
  value_flag(app, "--ballast", flags.ballast, "BYTES", "memory the launcher holds besides")->group("");
}

std::string SweepFlags::given_request_flag() const {
  for (const CLI::Option* option : request_flags)
    if (option->count() > 0) return option->get_name();
  return {};
}

void declare_launch_flags(CLI::App& app, SweepFlags& flags, const AmountHelp& help) {
  declare_what(app, flags);
  declare_settings(app, flags);
  declare_amount(app, flags, help);
  declare_host_flags(app, flags);
}

void declare_sweep_flags(CLI::App& app, SweepFlags& flags) {
  app.add_option("FUNCTION", flags.functions,
                 "a folder with function.toml, the toml itself, a bundled function's name, or an image, "
                 "oci:PATH[:TAG]; a bare command "
                 "follows --");
  declare_launch_flags(
      app, flags,
      {.runs = "measured launches of each variant: 100, or as many as fit --time; 5 with --load, 10 with "
               "--instances",
       .time = "end after the round in which this much time has passed: 30s"});
  declare_result_flags(app, flags);
  app.add_flag("--resume", flags.resume, "continue the run file; functions need not be named again")->group(kResults);
  declare_gating(app, flags.gating, BaseIs::optional);
}

}  // namespace frostbyte::commands
