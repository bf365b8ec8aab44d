#include "results/compare/compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>

#include "results/compare/looks.h"
#include "sides.h"

namespace frostbyte::compare {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

Values around(Draw& draw, std::size_t n, double center) {
  return draw.many(n, [&] { return center + 1'000 * draw.normal(); });
}

TEST(Compare, CallsALargerShiftWorseAndASmallerBetter) {
  Draw draw(1);
  const record::Run run = interleaved({around(draw, 200, 100'000), around(draw, 200, 105'000)});
  const MetricComparison& worse = headline(compared(run));
  EXPECT_EQ(worse.verdict, Verdict::worse);
  EXPECT_TRUE(worse.primary);
  EXPECT_NEAR(worse.shift->value, 5'000, 300);
  EXPECT_NEAR(worse.relative->value, 0.05, 0.004);
  EXPECT_LT(*worse.p_value, 1e-6);
  EXPECT_EQ(worse.n_base, 200u);
  const std::vector<Pair> back = {{.base = side(run, 1), .candidate = side(run, 0)}};
  EXPECT_EQ(headline(compare(back, {}).front()).verdict, Verdict::better);
}

TEST(Compare, CallsWhatLiesWithinTheMarginEquivalent) {
  Draw draw(2);
  const record::Run run = interleaved({around(draw, 400, 100'000), around(draw, 400, 100'500)});
  EXPECT_EQ(headline(compared(run)).verdict, Verdict::equivalent);
  EXPECT_EQ(headline(compared(run, with_margin(0))).verdict, Verdict::worse) << "half a percent is there all the same";
}

TEST(Compare, PairsByRound_SoThatCommonDriftCancelsOut) {
  Draw draw(3);
  Values base = around(draw, 300, 100'000);
  Values candidate = around(draw, 300, 104'000);
  for (std::size_t i = 0; i < base.size(); ++i) {
    base[i] += static_cast<double>(i) * 500;
    candidate[i] += static_cast<double>(i) * 500;
  }
  const record::Run together = interleaved({base, candidate});
  const Comparison paired = compared(together, with_margin(0.005));
  EXPECT_TRUE(paired.paired);
  EXPECT_EQ(headline(paired).verdict, Verdict::worse);
  const record::Run one = interleaved({base});
  const record::Run other = interleaved({candidate});
  const std::vector<Pair> apart = {{.base = side(one, 0, "one"), .candidate = side(other, 0, "other")}};
  const Comparison unpaired = compare(apart, with_margin(0.005)).front();
  EXPECT_FALSE(unpaired.paired);
  EXPECT_EQ(headline(unpaired).verdict, Verdict::inconclusive);
  EXPECT_THAT(unpaired.notes, Contains(HasSubstr("one taken after the other")));
  EXPECT_THAT(unpaired.notes, Contains(HasSubstr("resemble their neighbours")));
}

TEST(Compare, UsesOnlyRoundsThatBothHave) {
  record::RunMaker maker;
  maker.variant("a").variant("b");
  for (std::uint32_t round = 0; round < 30; ++round) {
    maker.add("a", launched_in(round, 100'000));
    record::Sample other = launched_in(round, 100'000);
    if (round < 5) {
      other = record::failed(record::Outcome::crashed, "signal 11");
      other.round = round;
    }
    maker.add("b", other);
  }
  const record::Run run = maker.make();
  const Comparison comparison = compared(run);
  EXPECT_EQ(headline(comparison).n_base, 25u);
  EXPECT_EQ(headline(comparison).n_candidate, 25u);
  EXPECT_THAT(comparison.notes, Contains("5 of 30 launches of b failed and are in no figure"));
}

Verdict swapped(Verdict verdict) {
  if (verdict == Verdict::better) return Verdict::worse;
  return verdict == Verdict::worse ? Verdict::better : verdict;
}

TEST(Compare, SwappingBaseAndCandidateSwapsTheVerdict) {
  EXPECT_TRUE(rc::check("swap antisymmetry at margin 0", [] {
    const auto n = *rc::gen::inRange<std::size_t>(1, 60);
    Draw draw(*rc::gen::arbitrary<std::uint64_t>());
    const double shift = *rc::gen::inRange(-2'000, 2'000);
    const record::Run run = interleaved({around(draw, n, 100'000), around(draw, n, 100'000 + shift)});
    const std::vector<Pair> pairs = {{.base = side(run, 0), .candidate = side(run, 1)},
                                     {.base = side(run, 1), .candidate = side(run, 0)}};
    const auto both = compare(pairs, with_margin(0));
    RC_ASSERT(headline(both[0]).verdict.has_value());
    RC_ASSERT(*headline(both[1]).verdict == swapped(*headline(both[0]).verdict));
  }));
}

TEST(Compare, ScalingEveryValueChangesNoVerdict) {
  EXPECT_TRUE(rc::check("scale equivariance", [] {
    const auto n = *rc::gen::inRange<std::size_t>(6, 60);
    const double scale = *rc::gen::inRange(2, 50);
    Draw draw(*rc::gen::arbitrary<std::uint64_t>());
    const auto whole = [&](double center) {
      return draw.many(n, [&] { return std::round(center + 1'000 * draw.normal()); });
    };
    Values base = whole(100'000);
    Values candidate = whole(102'000);
    const record::Run small = interleaved({base, candidate});
    for (Values* values : {&base, &candidate})
      for (double& value : *values) value *= scale;
    const record::Run large = interleaved({base, candidate});
    const Comparison before = compared(small);
    const Comparison after = compared(large);
    RC_ASSERT(headline(before).verdict == headline(after).verdict);
    RC_ASSERT(headline(after).shift->value == headline(before).shift->value * scale);
    RC_ASSERT(std::abs(*headline(after).p_value - *headline(before).p_value) < 1e-12);
  }));
}

TEST(Compare, ComparesExactMetricsExactly) {
  record::RunMaker maker;
  maker.variant("a").variant("b").variant("c");
  maker.header().variants[0].values["binary.file"] = 4096;
  maker.header().variants[1].values["binary.file"] = 4097;
  maker.header().variants[2].unavailable["binary.file"] = "no such file";
  const record::Run run = maker.make();
  const Options options{.primary = {"binary.file"}};
  const std::vector<Pair> pairs = {{.base = side(run, 0), .candidate = side(run, 1)},
                                   {.base = side(run, 0), .candidate = side(run, 2)}};
  const auto both = compare(pairs, options);
  const MetricComparison& byte = *both[0].find("binary.file");
  EXPECT_EQ(byte.verdict, Verdict::worse) << "one byte more is more";
  EXPECT_EQ(byte.shift->low, 1);
  EXPECT_EQ(byte.shift->high, 1);
  EXPECT_FALSE(byte.p_value.has_value());
  EXPECT_EQ(both[1].find("binary.file")->verdict, std::nullopt);
  EXPECT_EQ(both[1].find("binary.file")->reason, "c: no such file");
  Options lenient = options;
  lenient.margins.by_metric["binary.file"] = 0.01;
  EXPECT_EQ(compare(pairs, lenient)[0].find("binary.file")->verdict, Verdict::equivalent);
}

record::Sample with_value(std::uint32_t round, const std::string& metric, std::int64_t value) {
  record::Sample sample = launched_in(round, 100'000);
  sample.values[metric] = value;
  return sample;
}

record::Run with_values(const std::string& metric, std::int64_t base, std::int64_t candidate) {
  record::RunMaker maker;
  maker.variant("a").variant("b");
  for (std::uint32_t round = 0; round < 40; ++round)
    maker.add("a", with_value(round, metric, base)).add("b", with_value(round, metric, candidate));
  return maker.make();
}

TEST(Compare, ABaseOfZeroAllowsNoMargin) {
  const record::Run none = with_values("faults.major", 0, 0);
  EXPECT_EQ(compared(none).find("faults.major")->verdict, Verdict::equivalent);
  const record::Run some = with_values("faults.major", 0, 2);
  EXPECT_EQ(compared(some).find("faults.major")->verdict, Verdict::worse);
  EXPECT_FALSE(compared(some).find("faults.major")->relative.has_value());
}

TEST(Compare, GivesInformationalMetricsNoVerdict) {
  const record::Run run = with_values("response.bytes", 100, 200);
  const Comparison comparison = compared(run, {.primary = {"response.bytes"}});
  const MetricComparison& size = *comparison.find("response.bytes");
  EXPECT_EQ(size.verdict, std::nullopt);
  EXPECT_EQ(size.shift->value, 100);
  EXPECT_THAT(size.reason, HasSubstr("informational"));
  EXPECT_TRUE(decided(std::vector<Comparison>{comparison}));
}

TEST(Compare, SaysWhyThereAreTooFewOrNone) {
  const record::Run five = interleaved({Values(5, 100'000), Values(5, 200'000)});
  EXPECT_EQ(headline(compared(five)).verdict, Verdict::inconclusive);
  EXPECT_THAT(headline(compared(five)).reason, HasSubstr("5 launches are too few"));
  const record::Run none = record::RunMaker()
                               .variant("a")
                               .variant("b")
                               .add("a", record::launched(1'000))
                               .add("b", record::failed(record::Outcome::crashed, "signal 11"))
                               .make();
  EXPECT_EQ(headline(compared(none)).verdict, std::nullopt);
  EXPECT_EQ(headline(compared(none)).reason, "b: no measured launch succeeded");
}

TEST(Compare, ListsPrimaryMetricsFirst) {
  Draw draw(4);
  const record::Run run = with_values("memory.rss", 4096, 8192);
  const Comparison comparison = compared(run, {.primary = {"memory.rss"}});
  ASSERT_EQ(comparison.metrics.size(), 2u);
  EXPECT_EQ(comparison.metrics[0].metric->id, "memory.rss");
  EXPECT_TRUE(comparison.metrics[0].primary);
  EXPECT_FALSE(comparison.metrics[1].primary);
  EXPECT_EQ(compared(run, {.primary = {"memory.rss"}, .scope = Scope::primary}).metrics.size(), 1u);
}

TEST(Margin, IsTheLargerOfTwoPercentAndTheNoiseFloor_UnlessTheUserSays) {
  record::RunMaker maker;
  maker.variant("a").variant("b");
  for (std::uint32_t round = 0; round < 20; ++round)
    maker.add("a", launched_in(round, 1'000)).add("b", launched_in(round, 1'000));
  EXPECT_EQ(headline(compared(maker.make())).margin, 0.02);
  EXPECT_THAT(compared(maker.make()).notes, Contains(HasSubstr("was not measured: the margin is 2 %")));
  maker.header().host["host_id"]["id"] = "here";
  maker.header().host["calibration"]["host_id"] = "here";
  maker.header().host["calibration"]["aa_noise_floor"] = {{"launch.exec_to_first_response", 0.05}};
  EXPECT_EQ(headline(compared(maker.make())).margin, 0.05);
  EXPECT_THAT(compared(maker.make()).notes, IsEmpty());
  EXPECT_EQ(headline(compared(maker.make(), with_margin(0.01))).margin, 0.01);
  maker.header().host["calibration"]["aa_noise_floor"] = {{"launch.exec_to_first_response", 0.001}};
  EXPECT_EQ(headline(compared(maker.make())).margin, 0.02);
  maker.header().host["calibration"]["aa_noise_floor"] = {{"launch.exec_to_first_response", 0.05}};
  maker.header().host["calibration"]["host_id"] = "elsewhere";
  EXPECT_EQ(headline(compared(maker.make())).margin, 0.02) << "another host's noise is no margin of this one's";
}

TEST(Margin, IgnoresACalibrationItCannotRead) {
  const auto floor_of = [](const std::string& calibration) {
    return noise_floor(record::Json::parse(R"({"host_id":{"id":"x"},"calibration":)" + calibration + "}"), "m");
  };
  EXPECT_EQ(floor_of(R"({"host_id":"x","aa_noise_floor":{"m":0.03}})"), 0.03) << "the one that can be read";
  for (const char* text :
       {"null", R"({"value":null,"reason":"none"})", R"({"aa_noise_floor":{"m":0.03}})", R"({"host_id":"x"})",
        R"({"host_id":"x","aa_noise_floor":3})", R"({"host_id":"x","aa_noise_floor":{"m":null}})",
        R"({"host_id":"x","aa_noise_floor":{"m":-1}})", R"({"host_id":"x","aa_noise_floor":{"m":1.5}})",
        R"({"host_id":"y","aa_noise_floor":{"m":0.03}})"})
    EXPECT_EQ(floor_of(text), std::nullopt) << text;
  EXPECT_EQ(noise_floor(record::Json::parse(R"({"calibration":{"aa_noise_floor":{"m":0.03}}})"), "m"), std::nullopt);
  EXPECT_EQ(noise_floor(record::Json::parse("[1]"), "m"), std::nullopt);
}

TEST(Holm, LeavesTheErrorOfAnsweredQuestionsToTheOthers) {
  // Each alone is decided; among three the middle one is only when the clear one has left its share.
  Draw draw(5);
  const Values base = around(draw, 120, 100'000);
  const auto shifted = [&](double shift) {
    Values values = base;
    for (double& value : values) value += shift + 3'000 * draw.normal();
    return values;
  };
  const record::Run run = interleaved({base, shifted(9'000), shifted(3'000), shifted(0)});
  std::vector<Pair> pairs;
  for (std::uint32_t i = 1; i <= 3; ++i) pairs.push_back({.base = side(run, 0), .candidate = side(run, i)});
  const auto all = compare(pairs, with_margin(0));
  const auto alone = compare(std::span(pairs).first(1), with_margin(0));
  EXPECT_GT(headline(all[0]).shift->high - headline(all[0]).shift->low,
            headline(alone[0]).shift->high - headline(alone[0]).shift->low)
      << "three questions cost width";
  EXPECT_EQ(headline(all[0]).verdict, Verdict::worse);
  EXPECT_EQ(headline(all[1]).verdict, Verdict::worse);
  EXPECT_EQ(headline(all[2]).verdict, Verdict::inconclusive);
  EXPECT_LE(*headline(all[0]).p_value, *headline(all[1]).p_value);
  const auto last_alone = compare(std::span(pairs).last(1), with_margin(0));
  EXPECT_EQ(headline(all[2]).shift->low, headline(last_alone[0]).shift->low) << "the last open question has all of it";
}

TEST(Holm, SecondaryMetricsTakeNothingFromThePrimaryOnes) {
  Draw draw(6);
  record::RunMaker maker;
  maker.variant("a").variant("b");
  for (std::uint32_t round = 0; round < 100; ++round) {
    for (const char* name : {"a", "b"}) {
      record::Sample sample = launched_in(round, 100'000 + 1'000 * draw.normal());
      for (const char* metric : {"memory.rss", "memory.pss", "memory.uss", "faults.minor"})
        sample.values[metric] = static_cast<std::int64_t>(1'000 + 100 * draw.normal());
      maker.add(name, sample);
    }
  }
  const record::Run run = maker.make();
  const Comparison with = compared(run);
  const Comparison without = compared(run, {.scope = Scope::primary});
  EXPECT_EQ(with.metrics.size(), 5u);
  EXPECT_EQ(headline(with).shift->low, headline(without).shift->low);
}

TEST(Looks, WidenTheIntervalByWhatTheyCost) {
  Draw draw(7);
  record::RunMaker maker;
  maker.variant("a").variant("b");
  const Values a = around(draw, 100, 100'000);
  const Values b = around(draw, 100, 100'000);
  for (std::uint32_t round = 0; round < 100; ++round)
    maker.add("a", launched_in(round, a[round])).add("b", launched_in(round, b[round]));
  const record::Run once = maker.make();
  maker.header().plan["looks"] = look_schedule(25'600);
  const record::Run often = maker.make();
  EXPECT_EQ(compared(once).looks, 1u);
  EXPECT_EQ(compared(often).looks, 10u);
  const auto width = [](const Comparison& comparison) {
    return headline(comparison).shift->high - headline(comparison).shift->low;
  };
  EXPECT_NEAR(width(compared(often)) / width(compared(once)), 2.807 / 1.960, 0.12);
  EXPECT_GE(*headline(compared(often)).p_value, *headline(compared(once)).p_value);
}

TEST(Looks, DoubleUntilTheyReachTheLastRound) {
  EXPECT_THAT(look_schedule(1), ElementsAre(50));
  EXPECT_THAT(look_schedule(50), ElementsAre(50));
  EXPECT_THAT(look_schedule(51), ElementsAre(50, 100));
  EXPECT_THAT(look_schedule(400), ElementsAre(50, 100, 200, 400));
  EXPECT_LT(look_schedule(UINT64_MAX).size(), 32u);
}

}  // namespace
}  // namespace frostbyte::compare
