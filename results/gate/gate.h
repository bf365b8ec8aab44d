// Budgets, evaluated: every limit on every subject it watches becomes a Check, and the checks an answer.
//
// A figure with an interval is judged by the interval: beyond the limit as a whole it fails, within as a whole it
// passes, and across it the samples do not decide. METHOD.md, "Budgets and checks", has the rule and its reasons.
//
// Not here: budget files (budget.h), exit codes (launcher/commands/gating.h).
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "launcher/base/result.h"
#include "results/compare/comparison.h"
#include "results/gate/budget.h"
#include "results/gate/check.h"
#include "results/summary/summary.h"

namespace frostbyte::gate {

enum class NoBase : std::uint8_t {
  fails,        ///< a limit relative to a base cannot be judged without one, so it fails
  is_accepted,  ///< it is ignored, and says so: the first run, before there is a base
};

/// What is judged. Subjects that are the base of a comparison, and candidates of none, are references: not judged.
struct Evidence {
  std::span<const summary::Subject> subjects;
  std::span<const compare::Comparison> comparisons;
  /// First parts of the ids of the metrics this command can measure ("launch", "image" …): budgets on others are left
  /// to the command that can. Empty: all.
  std::span<const std::string_view> families;
  std::chrono::year_month_day today;
  NoBase no_base = NoBase::fails;
};

/// The budget is on a metric of one of the families, or there are no families.
bool concerns(const Budget& budget, std::span<const std::string_view> families);

/// Errors: a budget of these families that matches none of the names and is not optional. Known before anything is
/// measured, so asked then.
Result<void> check_subjects(const Budgets& budgets, std::span<const std::string> names,
                            std::span<const std::string_view> families);

/// One check a limit and subject, in the budgets' order. Errors: those of check_subjects.
Result<std::vector<Check>> evaluate(const Budgets& budgets, const Evidence& evidence);

/// Turns checks that an ignore covers into `ignored`; an expired ignore changes nothing but the detail, which says so.
/// Works on any check, whoever made it.
void apply_ignores(std::span<const Ignore> ignores, std::chrono::year_month_day today, std::span<Check> checks);

/// What the checks amount to.
enum class Answer : std::uint8_t { pass, undecided, failed };
Answer answer(std::span<const Check> checks);

}  // namespace frostbyte::gate
