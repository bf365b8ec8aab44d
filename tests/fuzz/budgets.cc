// Any text as a budget file: read or refused, with the file's name; what is read can be judged.
#include <cmath>

#include "law.h"
#include "results/gate/gate.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using frostbyte::fuzz::must;
  namespace gate = frostbyte::gate;
  const std::string_view text = frostbyte::fuzz::read_input(data, size).text;
  const auto budgets = gate::parse_budgets(text, "/b/budgets.toml");
  if (!budgets) {
    must(budgets.error().message().find("/b/budgets.toml") != std::string::npos, "a refusal names the file");
    return 0;
  }
  for (const gate::Budget& budget : budgets->budgets) {
    must(budget.metric.metric != nullptr && budget.origin.starts_with("/b/budgets.toml:"), "a budget is on a metric");
    must(budget.max || budget.min || budget.change, "a budget has a limit");
    must(!budget.max || (std::isfinite(budget.max->value) && budget.max->value >= 0), "limits are finite");
    (void)gate::matches(budget.subject, "beta[cache=warm]#2");
  }
  for (const gate::Ignore& ignore : budgets->ignores)
    must(ignore.expires.ok() && !ignore.reason.empty(), "an ignore has a day and a reason");
  frostbyte::summary::Subject subject;
  subject.name = "alpha";
  const auto checks =
      gate::evaluate(*budgets, {.subjects = std::span(&subject, 1), .comparisons = {}, .families = {}, .today = {}});
  if (!checks) return 0;
  for (const gate::Check& check : *checks)
    must(check.status != gate::Status::pass, "what was not measured does not pass");
  return 0;
}
