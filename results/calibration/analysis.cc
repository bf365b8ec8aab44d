#include "results/calibration/analysis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "results/metric/metric.h"
#include "results/stats/line.h"
#include "results/stats/order.h"
#include "results/stats/paired.h"

namespace frostbyte::calibration {
namespace {

constexpr double kLevel = 0.95;

using ByRound = std::map<std::uint32_t, double>;

ByRound by_round(const record::Run& run, std::uint32_t variant, std::string_view metric) {
  ByRound values;
  const record::VariantData& data = run.variants()[variant];
  const auto column = data.columns.find(metric);
  if (column == data.columns.end()) return values;
  for (std::size_t i = 0; i < data.rows.size(); ++i) {
    const std::int64_t cell = column->second[i];
    if (!data.rows[i].warmup && cell != record::kMissing)
      values.insert_or_assign(data.rows[i].round, static_cast<double>(cell));
  }
  return values;
}

std::vector<double> numbers(const ByRound& values) {
  std::vector<double> numbers;
  numbers.reserve(values.size());
  for (const auto& [round, value] : values) numbers.push_back(value);
  return numbers;
}

/// Of the rounds that have both, in order.
std::vector<double> differences(const ByRound& from, const ByRound& to) {
  std::vector<double> result;
  for (const auto& [round, value] : from) {
    if (const auto other = to.find(round); other != to.end()) result.push_back(other->second - value);
  }
  return result;
}

double median_of(std::vector<double> values) {
  std::ranges::sort(values);
  return stats::median(values);
}

Figure absent(std::string metric, std::string subject, std::string reason) {
  return {.metric = std::move(metric), .subject = std::move(subject), .reason = std::move(reason)};
}

std::string why_none(const record::Run& run, std::uint32_t variant, std::string_view metric) {
  const record::VariantData& data = run.variants()[variant];
  if (const auto found = data.unavailable.find(metric); found != data.unavailable.end()) return found->second;
  if (data.failures.empty()) return "no launch has it";
  const record::FailureKind& kind = data.failures.back();
  return fmt::format("launches failed: {}{}{}", record::to_string(kind.outcome), kind.detail.empty() ? "" : ": ",
                     kind.detail);
}

/// The slope that the launches of one round alone show, for every round that has all of them.
std::vector<double> slopes_by_round(const std::vector<ByRound>& responses, std::span<const KnownDelay> delays) {
  std::vector<double> slopes;
  for (const auto& [round, ignored] : responses.front()) {
    std::vector<stats::Point> points;
    for (std::size_t i = 0; i < delays.size(); ++i) {
      if (const auto found = responses[i].find(round); found != responses[i].end())
        points.push_back({.x = delays[i].delay, .y = found->second});
    }
    if (points.size() == delays.size()) slopes.push_back(stats::fit_line(points).slope);
  }
  return slopes;
}

}  // namespace

Figure distribution(std::string metric, std::string subject, std::vector<double> values) {
  if (values.empty()) return absent(std::move(metric), std::move(subject), "no launch has it");
  std::ranges::sort(values);
  Figure figure{
      .metric = std::move(metric), .subject = std::move(subject), .value = stats::median(values), .n = values.size()};
  if (const auto interval = stats::quantile_interval(values, 0.5, kLevel)) {
    figure.ci_low = interval->low;
    figure.ci_high = interval->high;
  }
  if (values.size() >= stats::samples_needed(0.99, kLevel)) figure.p99 = stats::quantile(values, 0.99);
  return figure;
}

Figure distribution_of(const record::Run& run, std::uint32_t variant, std::string metric, std::string subject) {
  std::vector<double> values = numbers(by_round(run, variant, metric));
  if (values.empty()) {
    std::string reason = why_none(run, variant, metric);
    return absent(std::move(metric), std::move(subject), std::move(reason));
  }
  return distribution(std::move(metric), std::move(subject), std::move(values));
}

std::vector<Figure> linearity(const record::Run& run, std::span<const KnownDelay> delays, const std::string& subject) {
  std::vector<ByRound> responses;
  std::vector<stats::Point> points;
  std::uint64_t n = 0;
  for (const KnownDelay& known : delays) {
    responses.push_back(by_round(run, known.variant, metric::kHeadline));
    if (responses.back().empty()) {
      const std::string reason = why_none(run, known.variant, metric::kHeadline);
      return {absent("calibration.delay_slope", subject, reason)};
    }
    n += responses.back().size();
    points.push_back({.x = known.delay, .y = median_of(numbers(responses.back()))});
  }
  const stats::Line line = stats::fit_line(points);
  Figure slope{.metric = "calibration.delay_slope", .subject = subject, .value = line.slope, .n = n};
  const Figure spread = distribution("", "", slopes_by_round(responses, delays));
  slope.ci_low = spread.ci_low;
  slope.ci_high = spread.ci_high;
  return {slope,
          {.metric = "calibration.delay_intercept", .subject = subject, .value = line.intercept, .n = n},
          {.metric = "calibration.delay_residual", .subject = subject, .value = line.residual, .n = n}};
}

Figure shift(const record::Run& run, const Shifted& what, std::string as, std::string subject) {
  const std::vector<double> shifts =
      differences(by_round(run, what.from, what.metric), by_round(run, what.to, what.metric));
  if (shifts.empty()) return absent(std::move(as), std::move(subject), why_none(run, what.to, what.metric));
  const stats::Shift found = stats::hodges_lehmann(shifts, kLevel);
  Figure figure{.metric = std::move(as), .subject = std::move(subject), .value = found.estimate, .n = shifts.size()};
  if (found.interval) {
    figure.ci_low = found.interval->low;
    figure.ci_high = found.interval->high;
  }
  return figure;
}

std::map<std::string, double> noise_floor(const record::Run& run, std::uint32_t one, std::uint32_t other) {
  std::map<std::string, double> floors;
  for (const metric::Metric& metric : metric::all()) {
    if (metric.scope != metric::Scope::sample || metric.direction == metric::Direction::informational) continue;
    const ByRound from = by_round(run, one, metric.id);
    const std::vector<double> shifts = differences(from, by_round(run, other, metric.id));
    const double base = from.empty() ? 0 : std::abs(median_of(numbers(from)));
    if (base == 0 || shifts.size() < kFloorRounds) continue;
    double floor = 0;
    for (std::size_t begin = 0; begin + kFloorRounds <= shifts.size(); begin += kFloorRounds) {
      const std::span<const double> stretch(shifts.data() + begin, kFloorRounds);
      floor = std::max(floor, std::abs(stats::hodges_lehmann(stretch, kLevel).estimate) / base);
    }
    if (floor <= kMostFloor) floors[std::string(metric.id)] = floor;
  }
  return floors;
}

}  // namespace frostbyte::calibration
