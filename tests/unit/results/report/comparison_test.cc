// The words and columns of a comparison, in every format that shows one. What they look like as a whole is golden's.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "results/report/render.h"

namespace frostbyte::report {
namespace {

using compare::Comparison;
using compare::Estimate;
using compare::MetricComparison;
using compare::Verdict;
using ::testing::HasSubstr;
using ::testing::Not;

MetricComparison measured(std::string_view id, Verdict verdict) {
  return {.metric = metric::find(id),
          .primary = id == metric::kHeadline,
          .n_base = 100,
          .n_candidate = 100,
          .base = 200'000,
          .candidate = 206'000,
          .shift = Estimate{.value = 6'000, .low = 5'000, .high = 7'000},
          .relative = Estimate{.value = 0.03, .low = 0.025, .high = 0.035},
          .margin = 0.02,
          .p_value = 0.001,
          .verdict = verdict,
          .reason = verdict == Verdict::inconclusive ? "they do not decide" : ""};
}

Report report_of(std::vector<MetricComparison> metrics, const std::string& candidate = "new") {
  Comparison comparison;
  comparison.base = "old";
  comparison.candidate = candidate;
  comparison.paired = true;
  comparison.metrics = std::move(metrics);
  return {.summary = {}, .comparisons = {comparison}, .checks = {}};
}

std::string shown(const Report& report, std::string_view format, const RenderOptions& options = {}) {
  return render(format, report, options).value();
}

TEST(ComparisonTable, HasARowForWhatWasAskedForAndForWhatChanged) {
  const Report report =
      report_of({measured(metric::kHeadline, Verdict::inconclusive), measured("memory.rss", Verdict::worse),
                 measured("memory.pss", Verdict::equivalent), measured("memory.uss", Verdict::inconclusive)});
  for (const char* format : {"console", "markdown"}) {
    const std::string text = shown(report, format, {.width = 120});
    EXPECT_THAT(text, HasSubstr("new against old: 100 rounds of both, in shuffled order")) << format;
    EXPECT_THAT(text, HasSubstr("first response: they do not decide")) << format;
    EXPECT_THAT(text, HasSubstr("Equivalent besides: pss.")) << format;
    EXPECT_THAT(text, HasSubstr("Inconclusive besides: uss.")) << format;
    EXPECT_THAT(text, HasSubstr("+2.5 … +3.5 %")) << format;
    EXPECT_THAT(text, HasSubstr("+6 µs")) << format;
  }
}

TEST(ComparisonTable, FitsTheWidth_AndTheVerdictIsTheLastToGo) {
  const Report report = report_of({measured(metric::kHeadline, Verdict::worse)});
  for (const std::uint32_t width : {120u, 80u, 60u, 50u}) {
    const std::string text = shown(report, "console", {.charset = Charset::ascii, .width = width});
    EXPECT_THAT(text, HasSubstr("worse")) << width;
    EXPECT_THAT(text, HasSubstr("+2.5 ... +3.5 %")) << width;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), width) << line;
  }
}

TEST(ComparisonTable, ColoursVerdicts) {
  const auto coloured = [](Verdict verdict) {
    return shown(report_of({measured(metric::kHeadline, verdict)}), "console", {.colour = Colour::on, .width = 120});
  };
  EXPECT_THAT(coloured(Verdict::worse), HasSubstr("\x1b[31mworse"));
  EXPECT_THAT(coloured(Verdict::better), HasSubstr("\x1b[32;1mbetter"));
  EXPECT_THAT(coloured(Verdict::inconclusive), HasSubstr("\x1b[33minconclusive"));
}

TEST(ComparisonTable, LetsNoNameDriveATerminalOrBecomeMarkup) {
  const Report report = report_of({measured(metric::kHeadline, Verdict::worse)}, "evil\x1b[2J|<b>`");
  EXPECT_THAT(shown(report, "console"), Not(HasSubstr("\x1b")));
  EXPECT_THAT(shown(report, "markdown"), HasSubstr("evil\\|\\<b\\>\\`"));
}

TEST(ComparisonTable, ShowsChecksOfBudgetsAlone_BecauseItIsTheOthers) {
  Report report = report_of({measured(metric::kHeadline, Verdict::worse)});
  gate::Check of_verdict;
  of_verdict.metric = metric::kHeadline;
  of_verdict.status = gate::Status::failed;
  of_verdict.limit = "not worse than old";
  gate::Check of_budget = of_verdict;
  of_budget.limit = "at most 1 us";
  of_budget.origin = "budgets.toml:3";
  report.checks = {of_verdict, of_budget};
  for (const char* format : {"console", "markdown"}) {
    EXPECT_THAT(shown(report, format), Not(HasSubstr("not worse than old"))) << format;
    EXPECT_THAT(shown(report, format), HasSubstr("at most 1 us")) << format;
  }
  EXPECT_EQ(nlohmann::json::parse(shown(report, "json")).at("checks").size(), 2u) << "a program gets all";
  report.comparisons.clear();
  EXPECT_THAT(shown(report, "console"), HasSubstr("not worse than old"));
}

TEST(ComparisonTable, ShowsAShiftFromNothingInTheMetricsUnit) {
  MetricComparison faults = measured("faults.major", Verdict::worse);
  faults.base = 0;
  faults.candidate = 3;
  faults.shift = Estimate{.value = 3, .low = 2, .high = 4};
  faults.relative.reset();
  EXPECT_THAT(shown(report_of({faults}), "console", {.width = 120}), HasSubstr("+2 … +4"));
}

}  // namespace
}  // namespace frostbyte::report
