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

std::vector<double> measured(const record::VariantData& data, const std::vector<std::int64_t>& column) {
  std::vector<double> values;
  for (std::size_t i = 0; i < data.rows.size(); ++i)
    if (!data.rows[i].warmup && column[i] != record::kMissing) values.push_back(static_cast<double>(column[i]));
  std::ranges::sort(values);
  return values;
}

Found figure_of(const std::vector<double>& sorted) {
  if (sorted.empty()) return std::unexpected("no measured launch has it");
  const auto interval = stats::quantile_interval(sorted, 0.5, kLevel);
  if (!interval)
    return std::unexpected("too few launches for an interval: " + std::to_string(sorted.size()) + ", 7 are needed");
  return Figure{.value = stats::median(sorted), .low = interval->low, .high = interval->high, .n = sorted.size()};
}

Found exact(double value) { return Figure{.value = value, .low = value, .high = value, .n = 1}; }

Found figure_of(const Json& metric) {
  if (metric.contains("p50")) {
    const double value = metric.at("p50");
    return Figure{.value = value,
                  .low = metric.value("ci_low", value),
                  .high = metric.value("ci_high", value),
                  .n = metric.value("n", std::uint64_t{1})};
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
      const std::vector<double> values = measured(data, column);
      if (!values.empty()) metrics.insert_or_assign(metric, figure_of(values));
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

}  // namespace frostbyte::claims
