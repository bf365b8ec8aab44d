#include "launcher/commands/plan_request.h"

#include <fmt/format.h>

#include <charconv>

#include "launcher/sandbox/cpu_layout.h"

namespace frostbyte::commands {
namespace {

/// Names the flag in front of what its parser has to say.
template <class T>
Result<T> of_flag(const char* flag, const std::string& text, Result<T> parsed) {
  if (parsed) return parsed;
  Error error = std::move(parsed.error());
  return failure(std::string("read ") + flag, text, error.cause.empty() ? error.message() : error.cause, error.hint);
}

Result<Nanos> read_duration(const char* flag, const std::string& text) {
  const Nanos duration = TRY(of_flag(flag, text, parse_duration(text)));
  if (duration < Nanos(0)) return failure(std::string("read ") + flag, text, "it is negative");
  return duration;
}

Result<Nanos> read_positive_duration(const char* flag, const std::string& text) {
  const Nanos duration = TRY(read_duration(flag, text));
  if (duration == Nanos(0)) return failure(std::string("read ") + flag, text, "it is zero", std::string(flag) + " 10s");
  return duration;
}

Result<double> read_cpus(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  // Below 0.01 the kernel's smallest quota (1 ms of 100 ms) would be rounded away.
  if (error != std::errc() || end != text.data() + text.size() || !(value >= 0.01 && value <= 8192))
    return failure("read --cpus", text, "it is not a number of CPUs from 0.01", "--cpus 0.5,1,2");
  return value;
}

Result<std::pair<std::string, std::string>> read_assignment(const char* flag, const std::string& text,
                                                            const char* example) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    return failure(std::string("read ") + flag, text, "it is not NAME=…", example);
  return std::pair(text.substr(0, equals), text.substr(equals + 1));
}

Result<std::vector<sweep::EnvList>> read_env_lists(const SweepFlags& flags) {
  std::vector<sweep::EnvList> lists;
  for (const std::string& text : flags.env_lists) {
    auto [name, values] = TRY(read_assignment("-L", text, "-L LOG=on,off"));
    lists.push_back({.name = std::move(name), .values = split_values(values)});
  }
  return lists;
}

Result<sweep::Dimensions> read_dimensions(const PlanRequest& request) {
  const SweepFlags& flags = request.flags;
  sweep::Dimensions dimensions{.targets = TRY(read_targets(request))};
  for (const std::string& text : flags.contracts)
    dimensions.contracts.push_back(TRY(of_flag("--contract", text, function::parse_contract(text))));
  dimensions.isolations = request.isolations;
  for (const std::string& text : flags.caches)
    dimensions.caches.push_back(TRY(of_flag("--cache", text, sweep::parse_cache_regime(text))));
  dimensions.env_lists = TRY(read_env_lists(flags));
  for (const std::string& text : flags.env)
    dimensions.env.push_back(TRY(read_assignment("--env", text, "--env LOG=off")));
  for (const std::string& text : flags.memory_limits) {
    dimensions.memory_limits.push_back(TRY(of_flag("--memory-limit", text, parse_bytes(text))));
    if (dimensions.memory_limits.back().count <= 0) return failure("read --memory-limit", text, "it is not above zero");
  }
  for (const std::string& text : flags.cpus) dimensions.cpus.push_back(TRY(read_cpus(text)));
  dimensions.tasks = flags.tasks_limit;
  dimensions.instances = flags.instances;
  return dimensions;
}

/// A load lasts as long as thousands of launches, and its figures are already made of thousands of requests.
constexpr std::uint32_t kRunsWithLoad = 5;
/// A round starts every instance of every number.
constexpr std::uint32_t kRunsWithInstances = 10;

/// Instances beside one another each serve the same port, and end with their own namespace.
Result<void> refuse_shared_sandboxes(const sweep::Plan& plan) {
  for (const sweep::Variant& variant : plan.variants)
    for (const auto part : {sandbox::Part::pid, sandbox::Part::net})
      if (variant.instances && !variant.isolation.has(part))
        return failure("launch instances of", variant.name,
                       fmt::format("its isolation has no part {}", sandbox::to_string(part)), "--isolation full");
  return {};
}

Result<void> add_load(const PlanRequest& request, sweep::Plan& plan) {
  const load::Spec spec = TRY(load::parse_spec(request.flags.load));
  for (sweep::Variant& variant : plan.variants) {
    if (variant.contract == function::ContractKind::lambda)
      return failure("load", variant.name, "under the lambda contract it has no socket that could be loaded",
                     "--contract port");
    variant.load = TRY(read_load(request, spec, variant));
  }
  return {};
}

Result<void> add_later(const SweepFlags& flags, sweep::Plan& plan) {
  plan.after_requests = flags.after_requests;
  if (!flags.after_idle.empty()) plan.after_idle = TRY(read_positive_duration("--after-idle", flags.after_idle));
  if (plan.after_requests == 0) return {};
  for (const sweep::Variant& variant : plan.variants)
    if (variant.contract == function::ContractKind::lambda)
      return failure("request again", variant.name, "under the lambda contract it has no socket that could be asked",
                     "--contract port, or --after-idle alone");
  return {};
}

}  // namespace

std::vector<std::string> split_values(std::string_view text) {
  std::vector<std::string> values(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escaped = text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == ',' || text[i + 1] == '\\');
    if (escaped) {
      values.back() += text[++i];
    } else if (text[i] == ',') {
      values.emplace_back();
    } else {
      values.back() += text[i];
    }
  }
  return values;
}

Result<sweep::Plan> read_plan(const PlanRequest& request) {
  const SweepFlags& flags = request.flags;
  sweep::Plan plan;
  const bool loads = !flags.load.empty();
  plan.variants = TRY(sweep::expand(TRY(read_dimensions(request))));
  if (!flags.time.empty()) plan.time_budget = TRY(read_positive_duration("--time", flags.time));
  if (loads) TRY(add_load(request, plan));
  TRY(refuse_shared_sandboxes(plan));
  const bool dense = !flags.instances.empty();
  const std::uint32_t usual_runs = loads ? kRunsWithLoad : dense ? kRunsWithInstances : plan.runs;
  plan.runs = flags.runs.value_or(plan.time_budget ? sweep::kUnlimitedRuns : usual_runs);
  plan.warmup = flags.warmup.value_or(loads || dense ? 0 : plan.warmup);
  plan.seed = flags.seed.value_or(request.seed);
  plan.pace = TRY(read_duration("--pace", flags.pace));
  plan.timeout = TRY(read_positive_duration("--timeout", flags.timeout));
  plan.stop = TRY(of_flag("--stop", flags.stop, sweep::parse_stop_signal(flags.stop)));
  plan.stop_grace = TRY(read_duration("--stop-grace", flags.stop_grace));
  plan.max_failures = flags.max_failures;
  TRY(add_later(flags, plan));
  return plan;
}

Result<sweep::ExecutorOptions> read_executor_options(const SweepFlags& flags) {
  sweep::ExecutorOptions options;
  options.launcher_cpu = flags.launcher_cpu;
  options.function_cpus =
      TRY(of_flag("--function-cpus", flags.function_cpus, sandbox::parse_cpu_list(flags.function_cpus)));
  if (!flags.cgroup_parent.empty()) options.cgroup_parent = flags.cgroup_parent;
  if (flags.no_kernel_stamps) options.kernel_stamps = sweep::KernelStamps::off;
  return options;
}

}  // namespace frostbyte::commands
