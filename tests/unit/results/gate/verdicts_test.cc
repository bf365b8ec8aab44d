#include "results/gate/verdicts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "results/gate/gate.h"

namespace frostbyte::gate {
namespace {

using compare::Comparison;
using compare::MetricComparison;
using compare::Verdict;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

MetricComparison metric_with(std::optional<Verdict> verdict, std::string_view id = metric::kHeadline) {
  return {.metric = metric::find(id),
          .primary = true,
          .n_base = 100,
          .n_candidate = 100,
          .base = 200'000,
          .candidate = 212'000,
          .shift = compare::Estimate{.value = 12'000, .low = 10'000, .high = 14'000},
          .relative = compare::Estimate{.value = 0.06, .low = 0.05, .high = 0.07},
          .margin = 0.02,
          .p_value = 0.001,
          .verdict = verdict,
          .reason = verdict == Verdict::inconclusive || !verdict ? "because" : ""};
}

Comparison of(MetricComparison metric) {
  Comparison comparison;
  comparison.base = "old";
  comparison.candidate = "new";
  comparison.metrics = {std::move(metric)};
  return comparison;
}

Check check_for(const MetricComparison& metric, FailOn fail_on = {}) {
  return verdict_checks(std::vector{of(metric)}, fail_on).at(0);
}

TEST(VerdictChecks, SayWhatWasPromisedAndFound) {
  const Check check = check_for(metric_with(Verdict::worse));
  EXPECT_EQ(check.metric, metric::kHeadline);
  EXPECT_EQ(check.subject, "new");
  EXPECT_EQ(check.limit, "not worse than old by more than 2 %");
  EXPECT_EQ(check.detail, "worse: +12 µs (+6.0 %, +5.0 … +7.0 %)");
  EXPECT_EQ(check.status, Status::failed);
  EXPECT_EQ(check.bound, 204'000);
  EXPECT_EQ(check.base, 200'000);
  EXPECT_EQ(check.actual, 212'000);
  EXPECT_EQ(check.origin, "");
}

TEST(VerdictChecks, AmountToAnAnswer) {
  const auto answer_to = [](std::optional<Verdict> verdict, FailOn fail_on = {}) {
    return answer(std::vector{check_for(metric_with(verdict), fail_on)});
  };
  EXPECT_EQ(answer_to(Verdict::better), Answer::pass);
  EXPECT_EQ(answer_to(Verdict::equivalent), Answer::pass);
  EXPECT_EQ(answer_to(Verdict::worse), Answer::failed);
  EXPECT_EQ(answer_to(Verdict::inconclusive), Answer::undecided);
  EXPECT_EQ(answer_to(std::nullopt), Answer::failed) << "what could not be measured is not better";
  EXPECT_EQ(answer_to(Verdict::worse, {.worse = false}), Answer::pass);
  EXPECT_EQ(answer_to(Verdict::inconclusive, {.inconclusive = false}), Answer::pass);
  EXPECT_EQ(check_for(metric_with(Verdict::inconclusive), {.inconclusive = false}).status, Status::warned);
}

TEST(VerdictChecks, CarryTheReasonThatThereIsNone) {
  EXPECT_EQ(check_for(metric_with(Verdict::inconclusive)).detail, "because");
  EXPECT_EQ(check_for(metric_with(std::nullopt)).detail, "because");
}

TEST(VerdictChecks, AreMadeOfPrimaryMetricsWithADirection) {
  MetricComparison secondary = metric_with(Verdict::worse);
  secondary.primary = false;
  EXPECT_THAT(verdict_checks(std::vector{of(secondary)}), IsEmpty());
  EXPECT_THAT(verdict_checks(std::vector{of(metric_with(std::nullopt, "response.bytes"))}), IsEmpty());
}

TEST(VerdictChecks, OfAnExactMetricAllowNothing) {
  MetricComparison size = metric_with(Verdict::worse, "binary.file");
  size.margin = 0;
  EXPECT_THAT(check_for(size).limit, HasSubstr("not worse than old"));
  EXPECT_EQ(check_for(size).bound, 200'000);
}

}  // namespace
}  // namespace frostbyte::gate
