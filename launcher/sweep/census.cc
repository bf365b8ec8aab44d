#include "launcher/sweep/census.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "results/metric/metric.h"

namespace frostbyte::sweep {
namespace {

constexpr std::string_view kFamily = "calls.";

/// Why this launch counts nothing at all; empty when it does.
std::string failure_of(const record::Sample& sample) {
  if (sample.outcome == record::Outcome::ok) return {};
  const std::string cause = sample.detail.empty() ? "" : ": " + sample.detail;
  return fmt::format("a launch of the census failed: {}{}", record::to_string(sample.outcome), cause);
}

void settle(const metric::Metric& metric, std::span<const record::Sample> launches, record::VariantInfo& variant) {
  const std::string id(metric.id);
  std::vector<std::int64_t> counts;
  for (const record::Sample& sample : launches) {
    if (const auto value = sample.values.find(id); value != sample.values.end()) {
      counts.push_back(value->second);
      continue;
    }
    const auto reason = sample.unavailable.find(id);
    variant.unavailable[id] = reason != sample.unavailable.end() ? reason->second : failure_of(sample);
    return;
  }
  if (counts.empty()) {
    variant.unavailable[id] = "interrupted";
    return;
  }
  const auto [least, most] = std::ranges::minmax(counts);
  if (least == most) {
    variant.values[id] = least;
  } else {
    variant.unavailable[id] =
        fmt::format("it differs from launch to launch: {} to {} in {} launches", least, most, counts.size());
  }
}

}  // namespace

Result<void> take_census(const Plan& plan, Executor& executor, const std::atomic<bool>& interrupted,
                         record::Header& header) {
  for (std::uint32_t i = 0; i < plan.variants.size(); ++i) {
    std::vector<record::Sample> launches;
    while (launches.size() < kCensusLaunches && !interrupted) {
      launches.push_back(TRY(executor.census(i)));
      if (launches.back().outcome != record::Outcome::ok) break;
    }
    if (interrupted) launches.clear();
    for (const metric::Metric& metric : metric::all())
      if (metric.id.starts_with(kFamily)) settle(metric, launches, header.variants.at(i));
  }
  return {};
}

}  // namespace frostbyte::sweep
