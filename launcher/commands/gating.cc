#include "launcher/commands/gating.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "launcher/base/nearest.h"
#include "launcher/commands/flag.h"

namespace frostbyte::commands {
namespace {

std::chrono::year_month_day today() { return std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()); }

/// "2 budgets on image.transfer are not this command's to judge".
std::string others_in_words(const gate::Budgets& budgets, std::span<const std::string_view> families) {
  std::set<std::string> metrics;
  std::size_t count = 0;
  for (const gate::Budget& budget : budgets.budgets) {
    if (gate::concerns(budget, families)) continue;
    ++count;
    metrics.emplace(budget.metric.metric->id);
  }
  if (count == 0) return {};
  return fmt::format("{} on {} {} not this command's to judge",
                     count == 1 ? "a budget" : fmt::format("{} budgets", count),
                     listing(std::vector(metrics.begin(), metrics.end())), count == 1 ? "is" : "are");
}

Result<void> refuse_nothing_to_judge(const GatingFlags& flags, const gate::Budgets& budgets,
                                     std::span<const std::string_view> families) {
  const auto concerns = [&](const gate::Budget& budget) { return gate::concerns(budget, families); };
  if (flags.budgets.empty() || std::ranges::any_of(budgets.budgets, concerns)) return {};
  return failure("use --budget", listing(flags.budgets), "it holds no budget on a metric this command measures",
                 "this command measures: " + listing(std::vector<std::string>(families.begin(), families.end())));
}

}  // namespace

void declare_gating(CLI::App& app, GatingFlags& flags, BaseIs base) {
  const std::string group = "Gates";
  repeated_flag(app, "--budget", flags.budgets, "PATH", "a file of limits on metrics; one that is not kept fails")
      ->group(group);
  if (base == BaseIs::always_there) return;
  app.add_flag("--no-base", flags.no_base, "accept that limits relative to a base cannot be judged: the first run")
      ->group(group);
}

Result<Gating> Gating::read(const GatingFlags& flags, std::span<const std::string_view> families) {
  Gating gating;
  gating.families_ = families;
  gating.no_base_ = flags.no_base ? gate::NoBase::is_accepted : gate::NoBase::fails;
  for (const std::string& file : flags.budgets) {
    gate::Budgets more = TRY(gate::read_budgets(file));
    std::ranges::move(more.budgets, std::back_inserter(gating.budgets_.budgets));
    std::ranges::move(more.ignores, std::back_inserter(gating.budgets_.ignores));
  }
  TRY(refuse_nothing_to_judge(flags, gating.budgets_, families));
  gating.note_ = others_in_words(gating.budgets_, families);
  return gating;
}

Result<void> Gating::check_subjects(std::span<const std::string> names) const {
  return gate::check_subjects(budgets_, names, families_);
}

Result<void> Gating::judge(report::Report& report) const {
  const gate::Evidence evidence{.subjects = report.summary.subjects,
                                .comparisons = report.comparisons,
                                .families = families_,
                                .today = today(),
                                .no_base = no_base_};
  std::vector<gate::Check> checks = TRY(gate::evaluate(budgets_, evidence));
  std::ranges::move(checks, std::back_inserter(report.checks));
  gate::apply_ignores(budgets_.ignores, evidence.today, report.checks);
  return {};
}

ExitCode gated(ExitCode so_far, std::span<const gate::Check> checks) {
  if (so_far != ExitCode::pass) return so_far;
  switch (gate::answer(checks)) {
    case gate::Answer::pass:
      return ExitCode::pass;
    case gate::Answer::undecided:
      return ExitCode::inconclusive;
    case gate::Answer::failed:
      break;
  }
  return ExitCode::gate_failed;
}

}  // namespace frostbyte::commands
