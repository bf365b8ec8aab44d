#include "results/summary/flags.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "results/metric/quantity.h"
#include "results/stats/modes.h"
#include "results/stats/trend.h"

namespace frostbyte::summary {
namespace {

// A flag asks for attention, so it must be both real and large enough to mislead.
constexpr double kSignificance = 0.01;
constexpr double kMaterial = 0.02;            // part of the median
constexpr double kMaterialCorrelation = 0.2;  // on top of being beyond chance
constexpr double kMaterialShare = 0.05;       // of the launches
constexpr std::size_t kFewestForOrder = 30;   // launches, for drift and correlation

struct Series {
  std::span<const double> in_order;
  std::vector<double> sorted{};
  double median = 0;
};

std::optional<Flag> first_run(const Series& series) {
  if (!stats::first_stands_out(series.in_order)) return std::nullopt;
  return Flag{.name = "first_run",
              .text = fmt::format("the first measured launch took {} against a median of {}",
                                  metric::in_words(metric::Unit::nanoseconds, series.in_order.front()),
                                  metric::in_words(metric::Unit::nanoseconds, series.median)),
              .action = "raise --warmup",
              .strength = series.in_order.front() / series.median};
}

std::optional<Flag> drift(const Series& series) {
  if (series.in_order.size() < kFewestForOrder) return std::nullopt;
  const stats::Trend trend = stats::trend(series.in_order);
  if (trend.p_value >= kSignificance || std::abs(trend.change) < kMaterial * series.median) return std::nullopt;
  return Flag{.name = "drift",
              .text = fmt::format("drifted by {:+.1f} % from the first third of the launches to the last",
                                  100 * trend.change / series.median),
              .action = "let the machine settle, then run longer; compare within rounds, not across runs",
              .strength = std::abs(trend.change) / series.median};
}

std::optional<Flag> autocorrelation(const Series& series) {
  if (series.in_order.size() < kFewestForOrder) return std::nullopt;
  const double r = stats::lag1_autocorrelation(series.in_order);
  const double by_chance = 2.58 / std::sqrt(static_cast<double>(series.in_order.size()));  // 1 % of unrelated series
  if (std::abs(r) < std::max(kMaterialCorrelation, by_chance)) return std::nullopt;
  const bool alike = r > 0;
  return Flag{
      .name = "autocorrelation",
      .text = alike ? fmt::format("launches resemble the one before (r = {:.2f}), so the interval is too narrow", r)
                    : fmt::format("slow and fast launches take turns (r = {:.2f})", r),
      .action = alike ? "spread the launches over more rounds and a longer time"
                      : "look at the samples (-o csv=FILE) for what takes turns with them",
      .strength = std::abs(r)};
}

std::optional<Flag> several_modes(const Series& series) {
  const std::vector<stats::Mode> modes = stats::modes(series.sorted);
  if (modes.size() < 2 || modes.back().location - modes.front().location < kMaterial * series.median)
    return std::nullopt;
  std::string places;
  for (const stats::Mode& mode : modes) {
    places += fmt::format("{}{} ({:.0f} %)", places.empty() ? "" : ", ",
                          metric::in_words(metric::Unit::nanoseconds, mode.location), 100 * mode.share);
  }
  return Flag{.name = "modes",
              .text = fmt::format("launches take one of {} paths: {}", modes.size(), places),
              .action = "look at the samples (-o csv=FILE) for what they differ in; the median stands for none of them",
              .strength = static_cast<double>(modes.size())};
}

struct Disturbance {
  std::string_view metric;
  std::string_view text;
  std::string_view action;
};
constexpr Disturbance kDisturbances[] = {
    {"disturbance.steal", "the hypervisor took a processor away", "use a host that is not shared, or measure longer"},
    {"switches.involuntary", "the function was preempted", "stop other work on this machine, or measure longer"},
};

std::optional<Flag> disturbed(const record::VariantData& data, const Disturbance& disturbance) {
  const auto column = data.columns.find(disturbance.metric);
  if (column == data.columns.end()) return std::nullopt;
  std::uint64_t hit = 0;
  std::uint64_t known = 0;
  for (std::size_t i = 0; i < data.rows.size(); ++i) {
    if (data.rows[i].warmup || column->second[i] == record::kMissing) continue;
    ++known;
    hit += column->second[i] > 0;
  }
  if (hit == 0 || static_cast<double>(hit) < kMaterialShare * static_cast<double>(known)) return std::nullopt;
  return Flag{.name = "disturbed",
              .text = fmt::format("in {} of {} launches {}", hit, known, disturbance.text),
              .action = std::string(disturbance.action),
              .strength = static_cast<double>(hit) / static_cast<double>(known)};
}

std::optional<Flag> coarse(const record::VariantData& data, const Series& series) {
  const auto column = data.columns.find(metric::kError);
  if (column == data.columns.end()) return std::nullopt;
  std::vector<double> errors;
  for (const std::int64_t cell : column->second) {
    if (cell != record::kMissing) errors.push_back(static_cast<double>(cell));
  }
  if (errors.empty()) return std::nullopt;
  std::ranges::sort(errors);
  const double error = stats::median(errors);
  if (error < kMaterial * series.median) return std::nullopt;
  return Flag{.name = "coarse",
              .text = fmt::format("the instrument's own bound, ± {}, is {:.0f} % of the median",
                                  metric::in_words(metric::Unit::nanoseconds, error), 100 * error / series.median),
              .action = "see what `frostbyte doctor` says about stamps",
              .strength = error / series.median};
}

struct Explained {
  std::string_view flag;
  std::string_view text;
  std::string_view action;
};
constexpr Explained kExplained[] = {
    {"load_near_generator_limit", "the load reached more than 80 % of what the generator itself can do",
     "read the throughput as a lower bound, the latencies as partly the generator's; ask for a lower rate"},
    {"load_errors", "requests of the load got no valid response",
     "see load.errors_* (-o json=-); a throughput with errors compares with nothing"},
    {"counter_reset", "a counter fell: the service began anew in the window",
     "scrape again while it runs through; the rates are lower bounds"},
};

Flag carried(const std::string& name, std::uint64_t count, std::uint64_t launches) {
  const auto known = std::ranges::find(kExplained, name, &Explained::flag);
  const bool explained = known != std::end(kExplained);
  return {.name = name,
          .text = explained ? fmt::format("in {} of {} launches {}", count, launches, known->text)
                            : fmt::format("{} of {} launches carry the flag {}", count, launches, name),
          .action = explained ? std::string(known->action) : "METHOD.md says what it means for the figures",
          .strength = static_cast<double>(count)};
}

}  // namespace

std::vector<Flag> find_flags(const record::VariantData& data, std::span<const double> headline) {
  std::vector<Flag> flags;
  const auto add = [&](std::optional<Flag> flag) {
    if (flag) flags.push_back(std::move(*flag));
  };
  if (!headline.empty()) {
    Series series{.in_order = headline, .sorted = {headline.begin(), headline.end()}};
    std::ranges::sort(series.sorted);
    series.median = stats::median(series.sorted);
    add(first_run(series));
    const auto drifted = drift(series);
    add(drifted);
    add(several_modes(series));
    if (!drifted) add(autocorrelation(series));  // a drift makes neighbours alike; saying so again adds nothing
    add(coarse(data, series));
    for (const Disturbance& disturbance : kDisturbances) add(disturbed(data, disturbance));
  }
  for (const auto& [name, count] : data.flags) {
    flags.push_back(carried(name, count, data.rows.size() - data.warmups));
  }
  return flags;
}

}  // namespace frostbyte::summary
