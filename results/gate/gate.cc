#include "results/gate/gate.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "launcher/base/nearest.h"
#include "results/gate/amount.h"
#include "results/gate/measured.h"
#include "results/metric/quantity.h"

namespace frostbyte::gate {
namespace {

using metric::in_words;
using metric::Unit;
using summary::Subject;

/// A subject under judgement, and what it was compared with.
struct Judged {
  std::string name;
  const Subject* subject = nullptr;  ///< null for a candidate whose figures are only in its comparison
  const compare::Comparison* comparison = nullptr;
};

const Subject* find_subject(std::span<const Subject> subjects, std::string_view name) {
  const auto found = std::ranges::find(subjects, name, &Subject::name);
  return found == subjects.end() ? nullptr : &*found;
}

std::vector<Judged> judged_of(const Evidence& evidence) {
  std::vector<Judged> judged;
  const auto is_judged = [&](std::string_view name) {
    return std::ranges::find(judged, name, &Judged::name) != judged.end();
  };
  for (const compare::Comparison& comparison : evidence.comparisons)
    judged.push_back({comparison.candidate, find_subject(evidence.subjects, comparison.candidate), &comparison});
  for (const Subject& subject : evidence.subjects) {
    const bool is_reference =
        std::ranges::find(evidence.comparisons, subject.name, &compare::Comparison::base) != evidence.comparisons.end();
    if (!is_reference && !is_judged(subject.name)) judged.push_back({subject.name, &subject, nullptr});
  }
  return judged;
}

// ---- one limit, one subject ----

Check begin_check(const Budget& budget, const Judged& judged, std::string limit) {
  return {.metric = budget.metric.text,
          .subject = judged.name,
          .limit = std::move(limit),
          .level = budget.level,
          .unit = budget.metric.metric->unit,
          .message = budget.message,
          .origin = budget.origin};
}

Status missed(Level level) { return level == Level::warn ? Status::warned : Status::failed; }

Status status_of(Position position, Level level) {
  if (position == Position::within) return Status::pass;
  return position == Position::across ? Status::undecided : missed(level);
}

void put_unmeasured(Check& check, const std::string& reason) {
  check.status = missed(check.level);
  check.detail = "could not be measured: " + reason;
}

/// One unit for a value and its interval, with decimals enough to tell the interval's ends apart.
metric::Scale common_scale(const Measured& measured, Unit unit) {
  constexpr int kMostDecimals = 6;
  const std::array values = {measured.value, measured.low, measured.high};
  metric::Scale scale = metric::scale_for(unit, values);
  while (scale.decimals < kMostDecimals && metric::number(measured.low, scale) == metric::number(measured.high, scale))
    ++scale.decimals;
  return scale;
}

enum class Sign : std::uint8_t { only_minus, always };

/// "312.0 µs (305.1 to 320.4)", or "312 µs" where there is no interval.
std::string value_in_words(const Measured& measured, Unit unit, Sign sign) {
  const auto plus = [&](double value) { return sign == Sign::always && value > 0 ? "+" : ""; };
  if (!measured.has_interval()) return plus(measured.value) + in_words(unit, measured.value);
  const metric::Scale scale = common_scale(measured, unit);
  const auto text = [&](double value) { return plus(value) + metric::number(value, scale); };
  return fmt::format("{}{}{} ({} to {})", text(measured.value), scale.unit.empty() ? "" : " ", scale.unit,
                     text(measured.low), text(measured.high));
}

/// "2.31 MiB, 317 KiB above the limit".
std::string judged_in_words(const Measured& measured, double limit, Unit unit, Position position) {
  const std::string value = value_in_words(measured, unit, Sign::only_minus);
  if (position == Position::across)
    return value + ": the limit lies inside the interval; more launches make it narrower";
  const double room = std::abs(measured.value - limit);
  if (room == 0) return value + ", exactly the limit";
  return fmt::format("{}, {} {} the limit", value, in_words(unit, room), measured.value > limit ? "above" : "below");
}

Check judge_limit(const Budget& budget, const Judged& judged, const Amount& amount, Side side) {
  const Unit unit = budget.metric.metric->unit;
  const std::string_view words = side == Side::upper ? "at most " : "at least ";
  Check check = begin_check(budget, judged, std::string(words) + amount.text);
  check.bound = amount.value;
  if (judged.subject == nullptr) {
    put_unmeasured(check, "it was compared, and its own figures are not here");
    return check;
  }
  const auto measured = measure(judged.subject->figure(budget.metric.metric->id), budget.statistic());
  if (!measured) {
    put_unmeasured(check, measured.error());
    return check;
  }
  const Position at = position(*measured, amount.value, side);
  check.actual = measured->value;
  check.status = status_of(at, budget.level);
  check.detail = judged_in_words(*measured, amount.value, unit, at);
  return check;
}

// ---- changes ----

double amount_of(const Amount& amount, double base) {
  return amount.of == Amount::Of::base ? amount.value * std::abs(base) : amount.value;
}

/// By how much the metric may move: both amounts must be exceeded, so the larger one counts.
double allowed(const Change& change, double base) {
  const double most = amount_of(change.at_most, base);
  return change.and_at_least ? std::max(most, amount_of(*change.and_at_least, base)) : most;
}

/// "+18.0 µs (+12.1 to +25.3) on 310 µs, +5.81 %".
std::string change_in_words(const MeasuredChange& measured, Unit unit) {
  const Measured& change = measured.change;
  std::string text = value_in_words(change, unit, Sign::always) + " on " + in_words(unit, measured.base);
  if (measured.base != 0) text += fmt::format(", {:+.2f} %", 100 * change.value / std::abs(measured.base));
  return text;
}

void judge_measured_change(Check& check, const Change& change, const MeasuredChange& measured) {
  const double most = allowed(change, measured.base);
  const bool up = change.way == Change::Way::increase;
  const Position at = position(measured.change, up ? most : -most, up ? Side::upper : Side::lower);
  check.actual = measured.candidate;
  check.base = measured.base;
  check.bound = measured.base + (up ? most : -most);
  check.status = status_of(at, check.level);
  check.detail = change_in_words(measured, check.unit);
  if (at == Position::across) check.detail += ": the limit lies inside the interval; more launches make it narrower";
}

void put_no_base(Check& check, NoBase no_base) {
  if (no_base == NoBase::is_accepted) {
    check.status = Status::ignored;
    check.detail = "there is no base yet to hold it against";
  } else {
    put_unmeasured(check, "there is no base to hold it against");
  }
}

Check judge_change(const Budget& budget, const Judged& judged, const Evidence& evidence) {
  Check check = begin_check(budget, judged, limit_in_words(*budget.change));
  if (judged.comparison == nullptr) {
    put_no_base(check, evidence.no_base);
    return check;
  }
  const compare::Comparison& comparison = *judged.comparison;
  // Two runs may hold one name; then the figures of the base are not to be had by it.
  const Subject* base =
      comparison.base == comparison.candidate ? nullptr : find_subject(evidence.subjects, comparison.base);
  const auto measured = measure_change(comparison, base, judged.subject, budget.metric);
  if (measured) {
    judge_measured_change(check, *budget.change, *measured);
  } else {
    put_unmeasured(check, measured.error());
  }
  return check;
}

void judge(const Budget& budget, const Judged& judged, const Evidence& evidence, std::vector<Check>& checks) {
  if (budget.max) checks.push_back(judge_limit(budget, judged, *budget.max, Side::upper));
  if (budget.min) checks.push_back(judge_limit(budget, judged, *budget.min, Side::lower));
  if (budget.change) checks.push_back(judge_change(budget, judged, evidence));
}

// ---- ignores ----

/// "launch.exec_to_first_response.p90" is covered by itself and by the name without a statistic; without one, by
/// ".p50" too, which is what it means.
bool covers(const Ignore& ignore, const Check& check) {
  const auto name = parse_metric_name(check.metric);
  if (!name || name->metric != ignore.metric.metric || !matches(ignore.subject, check.subject)) return false;
  const Statistic statistic = name->statistic.value_or(Statistic::p50);
  return !ignore.metric.statistic || *ignore.metric.statistic == statistic;
}

std::string day(std::chrono::year_month_day date) {
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

void apply_ignore(const Ignore& ignore, std::chrono::year_month_day today, Check& check) {
  if (std::chrono::sys_days(today) <= std::chrono::sys_days(ignore.expires)) {
    check.status = Status::ignored;
    check.detail += fmt::format("; ignored until {} ({})", day(ignore.expires), ignore.origin);
    check.message = ignore.reason;
  } else {
    check.detail +=
        fmt::format("; its ignore ({}: {}) expired on {}", ignore.origin, ignore.reason, day(ignore.expires));
  }
}

}  // namespace

bool concerns(const Budget& budget, std::span<const std::string_view> families) {
  const std::string_view id = budget.metric.metric->id;
  return families.empty() || std::ranges::find(families, id.substr(0, id.find('.'))) != families.end();
}

Result<void> check_subjects(const Budgets& budgets, std::span<const std::string> names,
                            std::span<const std::string_view> families) {
  for (const Budget& budget : budgets.budgets) {
    if (budget.may_match_nothing || !concerns(budget, families)) continue;
    if (std::ranges::any_of(names, [&](const std::string& name) { return matches(budget.subject, name); })) continue;
    return failure("use budget", budget.origin, "no subject matches '" + budget.subject + "'",
                   did_you_mean(budget.subject, names) + "subjects: " + (names.empty() ? "none" : listing(names)) +
                       "; optional = true lets a budget match nothing");
  }
  return {};
}

Result<std::vector<Check>> evaluate(const Budgets& budgets, const Evidence& evidence) {
  const std::vector<Judged> judged = judged_of(evidence);
  std::vector<std::string> names;
  for (const Judged& one : judged) names.push_back(one.name);
  TRY(check_subjects(budgets, names, evidence.families));
  std::vector<Check> checks;
  for (const Budget& budget : budgets.budgets) {
    if (!concerns(budget, evidence.families)) continue;
    for (const Judged& one : judged) {
      if (matches(budget.subject, one.name)) judge(budget, one, evidence, checks);
    }
  }
  return checks;
}

void apply_ignores(std::span<const Ignore> ignores, std::chrono::year_month_day today, std::span<Check> checks) {
  for (Check& check : checks) {
    for (const Ignore& ignore : ignores) {
      const bool open = check.status != Status::pass && check.status != Status::ignored;
      if (open && covers(ignore, check)) apply_ignore(ignore, today, check);
    }
  }
}

Answer answer(std::span<const Check> checks) {
  const auto any = [&](auto&& has) { return std::ranges::any_of(checks, has); };
  if (any([](const Check& check) { return check.status == Status::failed; })) return Answer::failed;
  const auto open = [](const Check& check) { return check.status == Status::undecided && check.level == Level::fail; };
  return any(open) ? Answer::undecided : Answer::pass;
}

}  // namespace frostbyte::gate
