#include "results/compare/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "results/metric/quantity.h"

namespace frostbyte::compare {
namespace {

/// "+1.2 %" of a part; one more decimal below 0.1 %.
std::string percent(double part) {
  const double value = part * 100;
  return fmt::format("{:+.{}f} %", value, std::abs(value) < 0.1 ? 2 : 1);
}

std::string amount(const MetricComparison& comparison, double shift) {
  if (comparison.base.value_or(0) != 0) return percent(shift / std::abs(*comparison.base));
  return (shift < 0 ? "-" : "+") + metric::in_words(comparison.metric->unit, std::abs(shift));
}

std::string margin_text(const MetricComparison& comparison) {
  return comparison.margin == 0 ? "no difference" : fmt::format("the margin of {:.3g} %", comparison.margin * 100);
}

/// An interval shrinks with the square root of the number of launches.
std::string launches_needed(const Estimate& shift, double margin) {
  constexpr double kHopeless = 30;
  const double distance = std::abs(std::abs(shift.value) - margin);
  const double half = std::max(shift.high - shift.value, shift.value - shift.low);
  const double times = std::pow(half / distance, 2);
  if (!(times <= kHopeless))
    return margin == 0 ? "no number of launches proves that there is none: give a --margin"
                       : "the shift is about as large as the margin: another margin decides sooner than more launches";
  return fmt::format("about {:.0f} times as many launches would decide", std::max(2.0, std::ceil(times)));
}

}  // namespace

Verdict judge(const Estimate& shift, double margin, metric::Direction direction) {
  const bool more_is_worse = direction == metric::Direction::lower_is_better;
  if (shift.low > margin) return more_is_worse ? Verdict::worse : Verdict::better;
  if (shift.high < -margin) return more_is_worse ? Verdict::better : Verdict::worse;
  if (-margin <= shift.low && shift.high <= margin) return Verdict::equivalent;
  return Verdict::inconclusive;
}

std::string why_inconclusive(const MetricComparison& comparison) {
  const Estimate& shift = *comparison.shift;
  const double margin = comparison.margin * std::abs(comparison.base.value_or(0));
  const std::string low = amount(comparison, shift.low);
  const std::string high = amount(comparison, shift.high);
  std::string seen;
  if (margin == 0) {
    seen = fmt::format("the interval {} … {} holds no difference", low, high);
  } else if (shift.low < -margin && shift.high > margin) {
    seen = fmt::format("the interval {} … {} reaches beyond {} on both sides", low, high, margin_text(comparison));
  } else if (std::abs(shift.value) <= margin) {
    seen = fmt::format("{} is within {}, but the interval reaches {}", amount(comparison, shift.value),
                       margin_text(comparison), shift.high > margin ? high : low);
  } else {
    seen = fmt::format("{} is beyond {}, but the interval reaches {}", amount(comparison, shift.value),
                       margin_text(comparison), shift.value > 0 ? low : high);
  }
  return seen + "; " + launches_needed(shift, margin);
}

}  // namespace frostbyte::compare
