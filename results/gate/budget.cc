#include "results/gate/budget.h"

#include <algorithm>

#include "launcher/base/file.h"
#include "launcher/base/toml_file.h"
#include "results/gate/amount.h"

namespace frostbyte::gate {
namespace {

Result<MetricName> read_metric(const TomlTable& table) {
  Result<MetricName> name = parse_metric_name(TRY(table.required_text("metric")));
  if (name) return name;
  return table.refuse("metric", "metric '" + name.error().subject + "': " + name.error().cause, name.error().hint);
}

Result<std::string> read_subject(const TomlTable& table) {
  std::string subject = TRY(table.text("subject")).value_or("*");
  if (subject.empty()) return table.refuse("subject", "'subject' is empty", "leave it out to mean every subject");
  return subject;
}

Result<Level> read_level(const TomlTable& table) {
  const std::string level = TRY(table.text("level")).value_or("fail");
  if (level == "fail") return Level::fail;
  if (level == "warn") return Level::warn;
  return table.refuse("level", "level '" + level + "' is neither warn nor fail");
}

/// Only quantiles come with an interval, and without one a change cannot be told from noise.
bool has_interval(Statistic statistic) {
  return statistic == Statistic::p50 || statistic == Statistic::p90 || statistic == Statistic::p95 ||
         statistic == Statistic::p99;
}

struct ChangeKeys {
  Change::Way way;
  std::string_view most, least, other;
  metric::Direction improves;  ///< the direction of metrics for which this way is an improvement
};
constexpr ChangeKeys kIncrease = {Change::Way::increase, "max_increase", "min_increase", "max_decrease",
                                  metric::Direction::higher_is_better};
constexpr ChangeKeys kDecrease = {Change::Way::decrease, "max_decrease", "min_decrease", "max_increase",
                                  metric::Direction::lower_is_better};

Result<std::optional<Change>> read_change_of(const TomlTable& table, const Budget& budget, const ChangeKeys& keys) {
  const metric::Metric& metric = *budget.metric.metric;
  const auto most = TRY(read_change(table, keys.most, metric.unit));
  const auto least = TRY(read_change(table, keys.least, metric.unit));
  if (!most && least) {
    return table.refuse(keys.least, "'" + std::string(keys.least) + "' without '" + std::string(keys.most) + "'",
                        "it is the part below which a change is let pass; the limit is " + std::string(keys.most));
  }
  if (!most) return std::nullopt;
  if (metric.direction == keys.improves) {
    return table.refuse(keys.most, "of " + std::string(metric.id) + " " + std::string(to_string(metric.direction)),
                        "write " + std::string(keys.other));
  }
  if (!has_interval(budget.statistic())) {
    return table.refuse("metric",
                        "a change of '" + std::string(to_string(budget.statistic())) +
                            "' cannot be told from noise: it has no interval",
                        "limit the change of p50, p90, p95 or p99");
  }
  return Change{.way = keys.way, .at_most = *most, .and_at_least = least};
}

Result<void> read_change_into(Budget& budget, const TomlTable& table) {
  const auto increase = TRY(read_change_of(table, budget, kIncrease));
  const auto decrease = TRY(read_change_of(table, budget, kDecrease));
  if (increase && decrease)
    return table.refuse("max_decrease", "one budget limits the change in one direction", "write two budgets");
  budget.change = increase ? increase : decrease;
  return {};
}

Result<Budget> read_budget(const TomlTable& table) {
  TRY(table.allow_only({"metric", "subject", "max", "min", "max_increase", "min_increase", "max_decrease",
                        "min_decrease", "level", "message", "optional"}));
  Budget budget;
  budget.origin = table.origin();
  budget.metric = TRY(read_metric(table));
  budget.subject = TRY(read_subject(table));
  budget.level = TRY(read_level(table));
  budget.message = TRY(table.text("message")).value_or("");
  budget.may_match_nothing = TRY(table.boolean("optional")).value_or(false);
  budget.max = TRY(read_limit(table, "max", budget.metric.metric->unit));
  budget.min = TRY(read_limit(table, "min", budget.metric.metric->unit));
  TRY(read_change_into(budget, table));
  if (budget.max && budget.min && budget.max->value < budget.min->value)
    return table.refuse("max", "'max' is below 'min': nothing could pass");
  if (!budget.max && !budget.min && !budget.change)
    return table.refuse("metric", "the budget sets no limit", "give max, min, max_increase or max_decrease");
  return budget;
}

Result<Ignore> read_ignore(const TomlTable& table) {
  TRY(table.allow_only({"metric", "subject", "reason", "expires"}));
  Ignore ignore;
  ignore.origin = table.origin();
  ignore.metric = TRY(read_metric(table));
  ignore.subject = TRY(read_subject(table));
  ignore.reason = TRY(table.required_text("reason"));
  if (ignore.reason.find_first_not_of(' ') == std::string::npos)
    return table.refuse("reason", "'reason' is empty", "say why, for whoever finds this in a year");
  const auto expires = TRY(table.date("expires"));
  if (!expires)
    return table.refuse("expires", "'ignore.expires' is missing",
                        "give the last day it holds, without quotes: expires = 2027-01-31");
  ignore.expires = *expires;
  return ignore;
}

/// Bytes of the UTF-8 character that `text` begins with.
std::size_t character_length(std::string_view text) {
  std::size_t length = 1;
  while (length < text.size() && (static_cast<unsigned char>(text[length]) & 0xC0) == 0x80) ++length;
  return length;
}

}  // namespace

Result<Budgets> parse_budgets(std::string_view text, const std::filesystem::path& file) {
  const toml::table parsed = TRY(parse_toml(text, file));
  const TomlTable table(parsed, file, "");
  TRY(table.allow_only({"budget", "ignore"}));
  Budgets budgets;
  for (const TomlTable& entry : TRY(table.list("budget"))) budgets.budgets.push_back(TRY(read_budget(entry)));
  for (const TomlTable& entry : TRY(table.list("ignore"))) budgets.ignores.push_back(TRY(read_ignore(entry)));
  if (budgets.budgets.empty() && budgets.ignores.empty())
    return failure("read", file.string(), "it holds no [[budget]]", "a gate that watches nothing passes everything");
  return budgets;
}

Result<Budgets> read_budgets(const std::filesystem::path& file) {
  return parse_budgets(TRY(read_file(file, kTomlSizeLimit)), file);
}

bool matches(std::string_view glob, std::string_view name) {
  if (glob == name) return true;
  // The last star takes as little as possible, and more whenever what follows does not fit: linear in memory.
  std::size_t g = 0;
  std::size_t n = 0;
  std::size_t star = std::string_view::npos;
  std::size_t taken = 0;
  while (n < name.size()) {
    if (g < glob.size() && glob[g] == '*') {
      star = g++;
      taken = n;
    } else if (g < glob.size() && (glob[g] == '?' || glob[g] == name[n])) {
      n += glob[g] == '?' ? character_length(name.substr(n)) : 1;
      ++g;
    } else if (star != std::string_view::npos) {
      g = star + 1;
      n = ++taken;
    } else {
      return false;
    }
  }
  while (g < glob.size() && glob[g] == '*') ++g;
  return g == glob.size();
}

}  // namespace frostbyte::gate
