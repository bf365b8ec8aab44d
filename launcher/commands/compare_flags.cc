#include "launcher/commands/compare_flags.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "launcher/base/nearest.h"
#include "launcher/commands/flag.h"

namespace frostbyte::commands {
namespace {

void declare_question(CLI::App& app, CompareFlags& flags) {
  const std::string group = "What is asked";
  list_flag(app, "--metric", flags.metrics, "METRIC",
            "what the verdict is about; any metric of METHOD.md; launch.exec_to_first_response without it")
      ->group(group);
  list_flag(
      app, "--margin", flags.margins, "[METRIC=]PERCENT",
      "what counts as a difference, as a part of the base; without it the larger of 2% and this host's noise floor, "
      "for exact metrics 0")
      ->group(group);
  value_flag(app, "--confidence", flags.confidence, "PERCENT", "of all verdicts on the metrics asked for together")
      ->group(group);
  list_flag(app, "--fail-on", flags.fail_on, "worse|inconclusive|none",
            "verdicts that fail the command; worse,inconclusive without it")
      ->group(group);
  value_flag(app, "--against", flags.against, "FILE",
             "the base is this run file: every function is compared with what it was there")
      ->group(group);
  value_flag(app, "--save-baseline", flags.save_baseline, "FILE",
             "keep the finished run in this file, for a later --against")
      ->group(group);
  app.add_flag("--force", flags.force, "compare what was measured on other hosts or under another plan all the same")
      ->group(group);
}

/// "3%", "3 %", "0.5%": a part.
Result<double> read_percent(const char* flag, const std::string& text, std::string_view number) {
  const auto wrong = [&](const char* cause) {
    return failure(std::string("read ") + flag, text, cause, std::string(flag) + " 3%");
  };
  if (!number.ends_with('%')) return wrong("it is not a percentage");
  number.remove_suffix(1);
  while (number.ends_with(' ')) number.remove_suffix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (error != std::errc() || end != number.data() + number.size() || !std::isfinite(value))
    return wrong("it is not a percentage");
  if (value < 0) return wrong("it is negative");
  return value / 100;
}

Result<const metric::Metric*> read_metric(const char* flag, const std::string& text, const std::string& id) {
  if (const metric::Metric* found = metric::find(id)) return found;
  std::vector<std::string> ids;
  for (const metric::Metric& metric : metric::all()) ids.emplace_back(metric.id);
  return failure(std::string("read ") + flag, text, fmt::format("there is no metric '{}'", id),
                 did_you_mean(id, ids) + "METHOD.md lists them, and frostbyte --generate metrics");
}

Result<compare::Margins> read_margins(const CompareFlags& flags) {
  compare::Margins margins;
  for (const std::string& text : flags.margins) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos) {
      margins.usual = TRY(read_percent("--margin", text, text));
    } else {
      const metric::Metric* metric = TRY(read_metric("--margin", text, text.substr(0, equals)));
      margins.by_metric[std::string(metric->id)] =
          TRY(read_percent("--margin", text, std::string_view(text).substr(equals + 1)));
    }
  }
  return margins;
}

}  // namespace

std::vector<std::string> CompareFlags::positionals() const {
  std::vector<std::string> all;
  if (!base.empty()) all.push_back(base);
  all.insert(all.end(), candidates.begin(), candidates.end());
  return all;
}

void declare_compare_flags(CLI::App& app, CompareFlags& flags) {
  app.add_option("BASE", flags.base,
                 "what the others are compared with: a function, or a saved run, RUN.jsonl or RUN.jsonl#VARIANT");
  app.add_option("CANDIDATE", flags.candidates, "what is compared with it, the same way; a bare command follows --");
  declare_question(app, flags);
  declare_launch_flags(app, flags.sweep,
                       {.runs = "rounds to measure, no more and no fewer; without it as many as decide",
                        .time = "longest time to go on while a verdict is inconclusive; 60s without it"});
  declare_result_flags(app, flags.sweep);
  declare_gating(app, flags.sweep.gating, BaseIs::always_there);
}

Result<compare::Options> read_compare_options(const CompareFlags& flags) {
  compare::Options options;
  if (!flags.metrics.empty()) options.primary.clear();
  for (const std::string& id : flags.metrics) options.primary.emplace_back(TRY(read_metric("--metric", id, id))->id);
  options.margins = TRY(read_margins(flags));
  options.confidence = TRY(read_percent("--confidence", flags.confidence, flags.confidence));
  if (options.confidence < 0.5 || options.confidence > 0.9999)
    return failure("read --confidence", flags.confidence, "it is not from 50% to 99.99%", "--confidence 95%");
  return options;
}

Result<gate::FailOn> read_fail_on(const CompareFlags& flags) {
  if (flags.fail_on.empty()) return gate::FailOn{};
  gate::FailOn on{.worse = false, .inconclusive = false};
  bool none = false;
  for (const std::string& word : flags.fail_on) {
    if (word == "worse") {
      on.worse = true;
    } else if (word == "inconclusive") {
      on.inconclusive = true;
    } else if (word == "none") {
      none = true;
    } else {
      return failure("read --fail-on", word, "it is no verdict that could fail", "worse, inconclusive or none");
    }
  }
  if (none && flags.fail_on.size() > 1)
    return failure("read --fail-on", fmt::format("{}", fmt::join(flags.fail_on, ",")), "it says none and something");
  return on;
}

}  // namespace frostbyte::commands
