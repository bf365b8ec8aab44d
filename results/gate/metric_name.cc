#include <algorithm>
#include <array>

#include "launcher/base/nearest.h"
#include "results/gate/budget.h"

namespace frostbyte::gate {
namespace {

struct Named {
  std::string_view name;
  Statistic statistic;
};
constexpr std::array kStatistics = {
    Named{"p50", Statistic::p50}, Named{"p90", Statistic::p90},   Named{"p95", Statistic::p95},
    Named{"p99", Statistic::p99}, Named{"mean", Statistic::mean}, Named{"sd", Statistic::sd},
    Named{"mad", Statistic::mad}, Named{"min", Statistic::min},   Named{"max", Statistic::max},
};

std::vector<std::string> statistic_names() {
  std::vector<std::string> names;
  for (const Named& known : kStatistics) names.emplace_back(known.name);
  return names;
}

std::vector<std::string> metric_ids() {
  std::vector<std::string> ids;
  for (const metric::Metric& metric : metric::all()) ids.emplace_back(metric.id);
  return ids;
}

Failure refuse(std::string_view text, std::string cause, std::string hint) {
  return failure("use metric", std::string(text), std::move(cause), std::move(hint));
}

Failure unknown_metric(std::string_view text) {
  return refuse(text, "there is no such metric",
                did_you_mean(text, metric_ids()) + "every metric: frostbyte --generate metrics");
}

Failure unknown_statistic(std::string_view text, std::string_view suffix) {
  const std::vector<std::string> names = statistic_names();
  return refuse(text, "there is no statistic '" + std::string(suffix) + "'",
                did_you_mean(suffix, names) + "statistics: " + listing(names));
}

}  // namespace

std::string_view to_string(Statistic statistic) {
  return std::ranges::find(kStatistics, statistic, &Named::statistic)->name;
}

Result<MetricName> parse_metric_name(std::string_view text) {
  MetricName name{.text = std::string(text), .metric = metric::find(text), .statistic = {}};
  if (name.metric != nullptr) return name;
  const std::size_t dot = text.rfind('.');
  if (dot == std::string_view::npos) return unknown_metric(text);
  const std::string_view suffix = text.substr(dot + 1);
  name.metric = metric::find(text.substr(0, dot));
  if (name.metric == nullptr) return unknown_metric(text);
  const auto known = std::ranges::find(kStatistics, suffix, &Named::name);
  if (known == kStatistics.end()) return unknown_statistic(text, suffix);
  if (name.metric->scope == metric::Scope::variant) {
    return refuse(text,
                  "a " + std::string(name.metric->id) + " is one exact value and has no '" + std::string(suffix) + "'",
                  "write it without: " + std::string(name.metric->id));
  }
  name.statistic = known->statistic;
  return name;
}

}  // namespace frostbyte::gate
