// What calibration computes, on launches whose truth is made up.
#include "results/calibration/analysis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "../draw.h"
#include "../run_maker.h"

namespace frostbyte::calibration {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

record::Sample in_round(std::uint32_t round, double response) {
  record::Sample sample = record::launched(static_cast<std::int64_t>(response));
  sample.round = round;
  return sample;
}

/// One run whose rounds hold one launch of each series.
record::Run interleaved(const std::vector<Values>& series) {
  record::RunMaker maker;
  for (std::size_t v = 0; v < series.size(); ++v) maker.variant("v" + std::to_string(v));
  for (std::uint32_t round = 0; round < series.front().size(); ++round)
    for (std::size_t v = 0; v < series.size(); ++v)
      maker.add("v" + std::to_string(v), in_round(round, series[v][round]));
  return maker.make();
}

Values around(Draw& draw, std::size_t n, double middle, double spread) {
  return draw.many(n, [&] { return middle + spread * draw.normal(); });
}

TEST(Distribution, IsTheMedianWithItsInterval_AndP99OnlyWhenThereAreEnough) {
  Values values;
  for (int i = 1; i <= 101; ++i) values.push_back(i);
  std::ranges::reverse(values);
  const Figure few = distribution("m", "s", values);
  EXPECT_EQ(few.value, 51);
  EXPECT_EQ(few.ci_low, 41);  // ranks 41 and 61 enclose the median of 101 with 95 %
  EXPECT_EQ(few.ci_high, 61);
  EXPECT_EQ(few.p99, std::nullopt);
  EXPECT_EQ(few.n, 101u);
  for (int i = 0; i < 300; ++i) values.push_back(51);
  EXPECT_TRUE(distribution("m", "s", values).p99.has_value());
}

TEST(Distribution, OfNothingHasAReasonAndNoNumber) {
  const Figure none = distribution("m", "s", {});
  EXPECT_EQ(none.value, std::nullopt);
  EXPECT_EQ(none.reason, "no launch has it");
  EXPECT_EQ(none.n, 0u);
}

TEST(Distribution, OfAVariantThatFailedSaysHow) {
  record::RunMaker maker;
  maker.variant("a").add("a", record::failed(record::Outcome::timeout, "no response"));
  EXPECT_EQ(distribution_of(maker.make(), 0, "launch.exec_to_first_response", "port").reason,
            "launches failed: timeout: no response");
}

TEST(Linearity, FindsSlopeInterceptAndResidual) {
  Draw draw(31);
  const std::vector<KnownDelay> delays = {{0, 0}, {1, 250e3}, {2, 1e6}, {3, 10e6}};
  std::vector<Values> series;
  for (const KnownDelay& known : delays) series.push_back(around(draw, 100, 200e3 + 1.002 * known.delay, 500));
  const std::vector<Figure> found = linearity(interleaved(series), delays, "port");
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].metric, "calibration.delay_slope");
  EXPECT_NEAR(*found[0].value, 1.002, 0.0005);
  EXPECT_LE(*found[0].ci_low, 1.0025);
  EXPECT_GE(*found[0].ci_high, 1.0015);
  EXPECT_EQ(found[0].n, 400u);
  EXPECT_NEAR(*found[1].value, 200e3, 300);
  EXPECT_LT(*found[2].value, 300);
}

TEST(Linearity, WithoutTheLaunchesOfADelay_HasAReason) {
  record::RunMaker maker;
  maker.variant("a").variant("b").add("a", in_round(0, 1'000));
  maker.add("b", record::failed(record::Outcome::crashed, "signal 11"));
  const std::vector<KnownDelay> delays = {{0, 0}, {1, 1'000}};
  const std::vector<Figure> found = linearity(maker.make(), delays, "port");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_THAT(found[0].reason, HasSubstr("crashed: signal 11"));
}

TEST(Shift, IsThatOfTheRounds_HoweverTheyDrift) {
  Draw draw(32);
  Values from = around(draw, 200, 0, 100);
  for (std::size_t i = 0; i < from.size(); ++i) from[i] += 300e3 + 1'000.0 * static_cast<double>(i);
  Values to = from;
  for (double& value : to) value += 700 + 50 * draw.normal();
  const Figure found =
      shift(interleaved({from, to}), {.metric = "launch.exec_to_first_response", .from = 0, .to = 1}, "as", "s");
  EXPECT_EQ(found.metric, "as");
  EXPECT_NEAR(*found.value, 700, 20);
  EXPECT_LT(*found.ci_low, 700);
  EXPECT_GT(*found.ci_high, 700);
}

TEST(NoiseFloor, OfWhatNeverDiffersIsZero) {
  const Values same(200, 250e3);
  EXPECT_EQ(noise_floor(interleaved({same, same}), 0, 1).at("launch.exec_to_first_response"), 0);
}

TEST(NoiseFloor, IsTheWorstStretch_AndSmallWhereThereIsOnlyNoise) {
  Draw draw(33);
  const Values one = around(draw, 500, 200e3, 4e3);  // 2 % of noise a launch
  Values other = around(draw, 500, 200e3, 4e3);
  const double quiet = noise_floor(interleaved({one, other}), 0, 1).at("launch.exec_to_first_response");
  EXPECT_GT(quiet, 0);
  EXPECT_LT(quiet, 0.015);
  for (std::size_t i = 100; i < 150; ++i) other[i] += 20e3;  // something slowed one stretch by a tenth
  EXPECT_NEAR(noise_floor(interleaved({one, other}), 0, 1).at("launch.exec_to_first_response"), 0.1, 0.015);
}

TEST(NoiseFloor, NeedsAStretchOfRounds_AndAMedian) {
  const Values few(49, 250e3);
  EXPECT_THAT(noise_floor(interleaved({few, few}), 0, 1), IsEmpty());
  const Values zero(100, 0);
  EXPECT_THAT(noise_floor(interleaved({zero, zero}), 0, 1), IsEmpty());
}

}  // namespace
}  // namespace frostbyte::calibration
