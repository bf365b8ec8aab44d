#include "launcher/commands/dry_run.h"

#include <fmt/format.h>

namespace frostbyte::commands {
namespace {

std::string plural(std::uint64_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string amount(const sweep::Plan& plan) {
  const std::size_t variants = plan.variants.size();
  if (plan.runs == sweep::kUnlimitedRuns)
    return fmt::format("{}, as many rounds as fit {}, after {}", plural(variants, "variant"),
                       to_string(*plan.time_budget), plural(plan.warmup, "warm-up round"));
  std::string text = fmt::format("{} x ({} + {}): {} launches", plural(variants, "variant"), plural(plan.runs, "run"),
                                 plural(plan.warmup, "warm-up"), variants * (std::uint64_t{plan.runs} + plan.warmup));
  if (plan.time_budget) text += ", at most " + to_string(*plan.time_budget);
  return text;
}

std::string limits(const sandbox::Limits& limits) {
  std::string text;
  if (limits.memory) text += ", memory " + to_string(*limits.memory);
  if (limits.cpus) text += fmt::format(", cpus {}", *limits.cpus);
  if (limits.tasks) text += fmt::format(", tasks {}", *limits.tasks);
  return text;
}

std::string variant_lines(const sweep::Variant& variant) {
  const auto& request = variant.workload.request;
  std::string text = fmt::format("{}\n  {} over {}, isolation {}, cache {}{}\n", variant.name, variant.workload.name,
                                 function::to_string(variant.contract), variant.isolation.to_string(),
                                 to_string(variant.cache), limits(variant.limits));
  text += fmt::format("  {} {} -> {}\n", request.method, request.target, variant.workload.expectation.status);
  if (variant.load)
    text += fmt::format("  then load: {} of {}\n", load::to_string(variant.load->spec), variant.load->workload.name);
  if (variant.instances) text += fmt::format("  beside {} idle\n", plural(*variant.instances - 1, "instance"));
  text += fmt::format("  {}\n", fmt::join(variant.function.command, " "));
  for (const auto& [name, value] : variant.env) text += fmt::format("  {}={}\n", name, value);
  return text;
}

}  // namespace

std::string dry_run_text(const sweep::Plan& plan) {
  std::string text = fmt::format("{}\nseed {}, pace {}, timeout {}, stop {}\n\n", amount(plan), plan.seed,
                                 to_string(plan.pace), to_string(plan.timeout), to_string(plan.stop));
  for (const sweep::Variant& variant : plan.variants) text += variant_lines(variant);
  text += "\norder of round 1:\n";
  for (const std::uint32_t variant : sweep::round_order(plan, 0))
    text += fmt::format("  {}\n", plan.variants[variant].name);
  return text;
}

}  // namespace frostbyte::commands
