#include "results/claims/evidence.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "launcher/base/file.h"
#include "results/metric/metric.h"
#include "results/stats/order.h"

namespace frostbyte::claims {
namespace {

using Json = nlohmann::json;
using Found = std::expected<Figure, std::string>;

constexpr std::size_t kReportLimit = 256u << 20;

Found figure_of(std::vector<double> values) {
  std::ranges::sort(values);
  const auto shown = stats::quantile_interval(values, 0.5, kShown);
  const auto decisive = stats::quantile_interval(values, 0.5, kDecisive);
  if (!shown || !decisive)
    return std::unexpected("too few launches for an interval: " + std::to_string(values.size()) + ", " +
                           std::to_string(kFewest) + " are needed");
  return Figure{.value = stats::median(values),
                .low = shown->low,
                .high = shown->high,
                .surely_above = decisive->low,
                .surely_below = decisive->high,
                .n = values.size()};
}

Figure with_one_interval(double value, double low, double high, std::uint64_t n) {
  return {.value = value, .low = low, .high = high, .surely_above = low, .surely_below = high, .n = n};
}

Found exact(double value) { return with_one_interval(value, value, value, 1); }

Found figure_of(const Json& metric) {
  if (metric.contains("p50")) {
    const double value = metric.at("p50");
    return with_one_interval(value, metric.value("ci_low", value), metric.value("ci_high", value),
                             metric.value("n", std::uint64_t{1}));
  }
  if (metric.contains("value") && metric.at("value").is_number()) return exact(metric.at("value"));
  return std::unexpected(metric.value("reason", "the report has no figure"));
}

}  // namespace

Evidence Evidence::of_run(const record::Run& run) {
  Evidence evidence;
  const record::Header& header = run.header();
  evidence.host_ = header.host.value("summary", std::string());
  for (std::size_t i = 0; i < header.variants.size(); ++i) {
    const record::VariantInfo& variant = header.variants[i];
    const record::VariantData& data = run.variants()[i];
    auto& metrics = evidence.subjects_[variant.name];
    for (const auto& [metric, reason] : variant.unavailable) metrics.insert_or_assign(metric, std::unexpected(reason));
    for (const auto& [metric, reason] : data.unavailable) metrics.insert_or_assign(metric, std::unexpected(reason));
    for (const auto& [metric, value] : variant.values)
      metrics.insert_or_assign(metric, exact(static_cast<double>(value)));
    for (const auto& [metric, column] : data.columns) {
      std::vector<double> values;
      Rounds& rounds = evidence.rounds_[variant.name][metric];
      for (std::size_t row = 0; row < data.rows.size(); ++row) {
        if (data.rows[row].warmup || column[row] == record::kMissing) continue;
        values.push_back(static_cast<double>(column[row]));
        rounds[data.rows[row].round] = values.back();
      }
      if (!values.empty()) metrics.insert_or_assign(metric, figure_of(std::move(values)));
    }
  }
  return evidence;
}

Result<Evidence> Evidence::of_report(const std::filesystem::path& file) {
  const std::string text = TRY(read_file(file, kReportLimit));
  try {
    const Json json = Json::parse(text);
    Evidence evidence;
    if (json.contains("run")) evidence.host_ = json.at("run").value("/host/summary"_json_pointer, std::string());
    for (const Json& subject : json.at("subjects")) {
      auto& metrics = evidence.subjects_[subject.at("name")];
      for (const Json& metric : subject.at("metrics")) metrics.insert_or_assign(metric.at("metric"), figure_of(metric));
    }
    return evidence;
  } catch (const Json::exception& error) {
    return failure("read report", file.string(), error.what(), "it must have the shape of `-o json=`");
  }
}

Found Evidence::figure(const std::string& subject, const std::string& metric) const {
  const auto metrics = subjects_.find(subject);
  if (metrics == subjects_.end()) return std::unexpected(subject + " was not measured");
  const auto found = metrics->second.find(metric);
  if (found == metrics->second.end()) return std::unexpected(subject + " has no " + metric);
  if (!found->second) return std::unexpected(subject + ": " + found->second.error());
  return found->second;
}

Found Evidence::ratio(const std::string& subject, const std::string& against, const std::string& metric) const {
  const Figure a = TRY(figure(subject, metric));
  const Figure b = TRY(figure(against, metric));
  if (a.surely_above < 0 || b.surely_above <= 0) return std::unexpected("a ratio with a figure of 0");
  const auto rounds = [&](const std::string& name) -> const Rounds* {
    const auto metrics = rounds_.find(name);
    if (metrics == rounds_.end()) return nullptr;
    const auto found = metrics->second.find(metric);
    return found == metrics->second.end() ? nullptr : &found->second;
  };
  const Rounds* above = rounds(subject);
  const Rounds* below = rounds(against);
  if (above == nullptr || below == nullptr)
    return with_one_interval(a.value / b.value, a.low / b.high, a.high / b.low, std::min(a.n, b.n));
  std::vector<double> ratios;
  for (const auto& [round, value] : *above)
    if (const auto other = below->find(round); other != below->end() && other->second > 0)
      ratios.push_back(value / other->second);
  return figure_of(std::move(ratios));
}

}  // namespace frostbyte::claims
