#include "results/gate/verdicts.h"

#include <fmt/format.h>

#include <cmath>

#include "results/metric/quantity.h"

namespace frostbyte::gate {
namespace {

using compare::Verdict;

std::string change_in_words(const compare::MetricComparison& one) {
  const double shift = one.shift->value;
  std::string text = fmt::format("{}{}", shift < 0 ? "-" : "+", metric::in_words(one.metric->unit, std::abs(shift)));
  if (one.relative)
    text += fmt::format(" ({:+.1f} %, {:+.1f} … {:+.1f} %)", one.relative->value * 100, one.relative->low * 100,
                        one.relative->high * 100);
  return text;
}

Status status_of(const compare::MetricComparison& one, FailOn fail_on) {
  if (!one.verdict || one.verdict == Verdict::worse) return fail_on.worse ? Status::failed : Status::warned;
  if (one.verdict != Verdict::inconclusive) return Status::pass;
  return fail_on.inconclusive ? Status::undecided : Status::warned;
}

std::string detail_of(const compare::MetricComparison& one) {
  if (!one.verdict || one.verdict == Verdict::inconclusive) return one.reason;
  return fmt::format("{}: {}", to_string(*one.verdict), change_in_words(one));
}

Check check_of(const compare::Comparison& comparison, const compare::MetricComparison& one, FailOn fail_on) {
  Check check;
  check.metric = one.metric->id;
  check.subject = comparison.candidate;
  check.limit = one.margin == 0
                    ? fmt::format("not worse than {}", comparison.base)
                    : fmt::format("not worse than {} by more than {:.3g} %", comparison.base, one.margin * 100);
  check.status = status_of(one, fail_on);
  check.level = check.status == Status::warned ? Level::warn : Level::fail;
  check.unit = one.metric->unit;
  check.actual = one.candidate;
  check.base = one.base;
  if (one.base) {
    const double sign = one.metric->direction == metric::Direction::higher_is_better ? -1 : 1;
    check.bound = *one.base + sign * one.margin * std::abs(*one.base);
  }
  check.detail = detail_of(one);
  return check;
}

}  // namespace

std::vector<Check> verdict_checks(std::span<const compare::Comparison> comparisons, FailOn fail_on) {
  std::vector<Check> checks;
  for (const compare::Comparison& comparison : comparisons) {
    for (const compare::MetricComparison& one : comparison.metrics) {
      if (one.primary && one.metric->direction != metric::Direction::informational)
        checks.push_back(check_of(comparison, one, fail_on));
    }
  }
  return checks;
}

}  // namespace frostbyte::gate
