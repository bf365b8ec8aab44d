#include "results/metric/quantity.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

namespace frostbyte::metric {
namespace {

struct Step {
  std::string_view unit;
  double divisor;
};
constexpr std::array kTimes = {Step{"ns", 1}, Step{"µs", 1e3}, Step{"ms", 1e6}, Step{"s", 1e9}};
constexpr std::array kSizes = {Step{"B", 1}, Step{"KiB", 1024}, Step{"MiB", 1048576}, Step{"GiB", 1073741824}};
constexpr std::array kRates = {Step{"/s", 1e3}, Step{"k/s", 1e6}, Step{"M/s", 1e9}};
constexpr std::array kParts = {Step{"%", 1e4}};
constexpr std::array kPlain = {Step{"", 1}};

std::span<const Step> steps_of(Unit unit) {
  if (unit == Unit::nanoseconds) return kTimes;
  if (unit == Unit::bytes) return kSizes;
  if (unit == Unit::millihertz) return kRates;
  if (unit == Unit::millionths) return kParts;
  return kPlain;
}

/// Three significant digits of the smallest value, as long as the largest has no more than five.
int decimals_for(double smallest, double largest) {
  const auto digits_before_point = [](double value) {
    return value < 1 ? 0 : static_cast<int>(std::floor(std::log10(value))) + 1;
  };
  const int wanted = 3 - digits_before_point(smallest);
  const int room = 5 - std::max(1, digits_before_point(largest));
  return std::clamp(std::min(wanted, room), 0, 3);
}

}  // namespace

Scale scale_for(Unit unit, std::span<const double> values) {
  double smallest = 0;
  double largest = 0;
  for (const double value : values) {
    const double magnitude = std::abs(value);
    if (magnitude == 0) continue;
    smallest = smallest == 0 ? magnitude : std::min(smallest, magnitude);
    largest = std::max(largest, magnitude);
  }
  if (values.empty()) return {};
  const std::span<const Step> steps = steps_of(unit);
  std::size_t chosen = 0;
  while (chosen + 1 < steps.size() &&
         (smallest >= steps[chosen + 1].divisor || largest >= 99'999.5 * steps[chosen].divisor)) {
    ++chosen;
  }
  const Step& step = steps[chosen];
  // Pages in KiB, nanoseconds in ns: decimals would all be zeros, or finer than what was measured.
  const auto is_whole = [&](double value) { return value == std::floor(value / step.divisor) * step.divisor; };
  const bool whole = unit != Unit::ratio && (step.divisor == 1 || std::ranges::all_of(values, is_whole));
  return {.divisor = step.divisor,
          .unit = step.unit,
          .decimals = whole ? 0 : decimals_for(smallest / step.divisor, largest / step.divisor)};
}

std::string number(double value, const Scale& scale) {
  return fmt::format("{:.{}f}", value / scale.divisor, scale.decimals);
}

std::string in_words(Unit unit, double value) {
  const Scale scale = scale_for(unit, std::span(&value, 1));
  return scale.unit.empty() ? number(value, scale) : fmt::format("{} {}", number(value, scale), scale.unit);
}

std::string exact(double value) {
  constexpr double kWholeLimit = 9007199254740992.0;  // 2^53
  if (value == std::floor(value) && std::abs(value) <= kWholeLimit)
    return fmt::format("{}", static_cast<std::int64_t>(value));
  return fmt::format("{}", value);
}

}  // namespace frostbyte::metric
