#include "results/metric/metric.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace frostbyte::metric {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

TEST(MetricRegistry, IdsAreUniqueAndNameAFamily) {
  std::set<std::string_view> seen;
  for (const Metric& metric : all()) {
    EXPECT_TRUE(seen.insert(metric.id).second) << metric.id;
    EXPECT_THAT(std::string(metric.id), MatchesRegex("[a-z]+\\.[a-z0-9_]+"));
  }
}

TEST(MetricRegistry, EveryMetricSaysWhatItIsInOneSentence) {
  for (const Metric& metric : all()) {
    EXPECT_FALSE(metric.title.empty()) << metric.id;
    EXPECT_FALSE(metric.source.empty()) << metric.id;
    EXPECT_THAT(std::string(metric.definition), EndsWith(".")) << metric.id;
    EXPECT_THAT(std::string(metric.definition), ::testing::Not(HasSubstr("|")))
        << metric.id << " would break the table";
  }
}

TEST(MetricRegistry, TitlesAreUnique_BecauseTheyHeadColumns) {
  std::set<std::string_view> seen;
  for (const Metric& metric : all()) EXPECT_TRUE(seen.insert(metric.title).second) << metric.title;
}

TEST(MetricRegistry, FindsEachMetricByIdAndNothingElse) {
  for (const Metric& metric : all()) EXPECT_EQ(find(metric.id), &metric);
  EXPECT_EQ(find(""), nullptr);
  EXPECT_EQ(find("launch"), nullptr);
  EXPECT_EQ(find("launch.exec_to_first_responses"), nullptr);
}

TEST(MetricRegistry, HeadlineComesFirst) { EXPECT_EQ(all().front().id, kHeadline); }

TEST(MetricRegistry, QuantitiesThatMeasureTheInstrumentOrTheHostAreNeverJudged) {
  for (const Metric& metric : all()) {
    if (metric.id == kError || metric.id.starts_with("disturbance.") || metric.id.ends_with("_error") ||
        metric.id.starts_with("calibration.") || metric.id.starts_with("host.")) {
      EXPECT_EQ(metric.direction, Direction::informational) << metric.id;
    }
  }
}

TEST(Intervals, AreMetricsOfSamplesInNanoseconds) {
  std::set<std::string_view> seen;
  for (const Interval& interval : intervals()) {
    EXPECT_TRUE(seen.insert(interval.metric).second) << interval.metric;
    const Metric* metric = find(interval.metric);
    ASSERT_NE(metric, nullptr) << interval.metric;
    EXPECT_EQ(metric->unit, Unit::nanoseconds);
    EXPECT_EQ(metric->scope, Scope::sample);
    EXPECT_EQ(metric->source, "stamps");
  }
}

TEST(Intervals, EveryMetricOfStampsHasItsTwoStamps) {
  for (const Metric& metric : all()) {
    if (metric.source != "stamps") continue;
    EXPECT_NE(std::ranges::find(intervals(), metric.id, &Interval::metric), intervals().end()) << metric.id;
  }
}

TEST(Intervals, PartsSumToTheWhole) {
  const Stamps stamps = {
      {"spawn", 1'000}, {"exec", 71'000}, {"listen", 300'000}, {"first_byte", 420'000}, {"response", 430'500}};
  const auto value = [&](std::string_view id) {
    return measure(*std::ranges::find(intervals(), id, &Interval::metric), stamps).value();
  };
  EXPECT_EQ(value("launch.spawn_to_exec") + value(kHeadline), value("launch.spawn_to_first_response"));
  EXPECT_EQ(value("launch.exec_to_listen") + value("launch.listen_to_first_byte"), value("launch.exec_to_first_byte"));
}

TEST(Intervals, AnAbsentStampGivesNoValue_NotZero) {
  EXPECT_EQ(measure({kHeadline, "exec", "response"}, {{"exec", 5}}), std::nullopt);
  EXPECT_EQ(measure({kHeadline, "exec", "response"}, {{"response", 5}}), std::nullopt);
  EXPECT_EQ(measure({kHeadline, "exec", "response"}, {}), std::nullopt);
}

TEST(Intervals, StampsOutOfOrderStayVisible) {
  EXPECT_EQ(measure({kHeadline, "exec", "response"}, {{"exec", 9}, {"response", 5}}), -4);
}

TEST(Intervals, ADifferenceThatDoesNotFitGivesNoValue) {
  EXPECT_EQ(measure({kHeadline, "exec", "response"}, {{"exec", INT64_MIN}, {"response", 5}}), std::nullopt);
}

TEST(MarkdownTable, HasARowForEachMetricAndSixCellsInEachRow) {
  const std::string table = markdown_table();
  EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(table, '\n')), all().size() + 2);
  EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(table, '|')), (all().size() + 2) * 7);
  for (const Metric& metric : all()) EXPECT_THAT(table, HasSubstr("| `" + std::string(metric.id) + "` |"));
}

TEST(MarkdownTable, WritesIntervalsAsFormulas) {
  EXPECT_THAT(markdown_table(),
              HasSubstr("| `launch.exec_to_first_response` | ns | lower is better | sample | `response` − `exec` |"));
}

}  // namespace
}  // namespace frostbyte::metric
