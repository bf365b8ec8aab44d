#include "results/gate/measured.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace frostbyte::gate {
namespace {

using summary::Distribution;
using summary::Figure;
using summary::Range;
using summary::Subject;
using summary::Tail;

std::unexpected<std::string> unmeasured(std::string reason) { return std::unexpected(std::move(reason)); }

MaybeMeasured finite(const Measured& measured) {
  if (!std::isfinite(measured.value) || std::isnan(measured.low) || std::isnan(measured.high))
    return unmeasured("its figure is not a finite number");
  return measured;
}

MaybeMeasured with_interval(double value, const std::optional<Range>& range) {
  return finite({.value = value, .low = range ? range->low : value, .high = range ? range->high : value});
}

MaybeMeasured exactly(double value) { return finite({.value = value, .low = value, .high = value}); }

MaybeMeasured measure_tail(const Distribution& distribution, std::uint32_t percent, std::uint64_t n) {
  const auto tail = std::ranges::find(distribution.tails, percent, &Tail::percent);
  if (tail == distribution.tails.end()) return unmeasured("it is not computed");
  if (!tail->value)
    return unmeasured(fmt::format("p{} needs {} successful launches, and there were {}", percent, tail->needs, n));
  return with_interval(*tail->value, tail->ci);
}

MaybeMeasured measure_distribution(const Figure& figure, Statistic statistic) {
  const Distribution& distribution = *figure.distribution;
  switch (statistic) {
    case Statistic::p50:
      return with_interval(distribution.p50, distribution.ci);
    case Statistic::p90:
      return measure_tail(distribution, 90, figure.n);
    case Statistic::p95:
      return measure_tail(distribution, 95, figure.n);
    case Statistic::p99:
      return measure_tail(distribution, 99, figure.n);
    case Statistic::mean:
      return exactly(distribution.mean);
    case Statistic::sd:
      return distribution.sd ? exactly(*distribution.sd) : unmeasured("one launch has no standard deviation");
    case Statistic::mad:
      return exactly(distribution.mad);
    case Statistic::min:
      return exactly(distribution.min);
    case Statistic::max:
      break;
  }
  return exactly(distribution.max);
}

/// The same metric of two subjects, without the rounds they shared.
MaybeChange change_of_figures(const Subject* base, const Subject* candidate, const MetricName& metric) {
  if (base == nullptr || candidate == nullptr) return unmeasured("it was not compared");
  const Statistic statistic = metric.statistic.value_or(Statistic::p50);
  const auto before = measure(base->figure(metric.metric->id), statistic);
  if (!before) return unmeasured("of the base, " + before.error());
  const auto after = measure(candidate->figure(metric.metric->id), statistic);
  if (!after) return unmeasured(after.error());
  return MeasuredChange{.change = {.value = after->value - before->value,
                                   .low = after->low - before->high,
                                   .high = after->high - before->low},
                        .base = before->value,
                        .candidate = after->value};
}

MaybeChange change_of_comparison(const compare::MetricComparison& compared) {
  if (!compared.shift || !compared.base || !compared.candidate)
    return unmeasured(compared.reason.empty() ? "there is no figure on both sides" : compared.reason);
  const auto change =
      finite({.value = compared.shift->value, .low = compared.shift->low, .high = compared.shift->high});
  if (!change) return unmeasured(change.error());
  if (!std::isfinite(*compared.base)) return unmeasured("the base's figure is not a finite number");
  return MeasuredChange{.change = *change, .base = *compared.base, .candidate = *compared.candidate};
}

}  // namespace

MaybeMeasured measure(const Figure* figure, Statistic statistic) {
  if (figure == nullptr) return unmeasured("it was not measured");
  if (figure->distribution) return measure_distribution(*figure, statistic);
  if (figure->value) return exactly(static_cast<double>(*figure->value));
  return unmeasured(figure->reason.empty() ? "no reason was given" : figure->reason);
}

MaybeChange measure_change(const compare::Comparison& comparison, const Subject* base, const Subject* candidate,
                           const MetricName& metric) {
  const compare::MetricComparison* compared = comparison.find(metric.metric->id);
  if (compared == nullptr || metric.statistic.value_or(Statistic::p50) != Statistic::p50)
    return change_of_figures(base, candidate, metric);
  return change_of_comparison(*compared);
}

Position position(const Measured& measured, double limit, Side side) {
  // A percentage of a base is rarely a binary fraction: 29 % of 100 is 28.999999999999996, and 29 is not beyond it.
  constexpr double kRounding = 1e-12;
  const double slack = kRounding * std::abs(limit);
  const auto is_beyond = [&](double end) { return side == Side::upper ? end > limit + slack : end < limit - slack; };
  const double nearest = side == Side::upper ? measured.low : measured.high;
  const double farthest = side == Side::upper ? measured.high : measured.low;
  if (is_beyond(nearest)) return Position::beyond;
  return is_beyond(farthest) ? Position::across : Position::within;
}

}  // namespace frostbyte::gate
