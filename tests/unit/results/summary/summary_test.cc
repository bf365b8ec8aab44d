#include "results/summary/summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../run_maker.h"

namespace frostbyte::summary {
namespace {

using record::failed;
using record::launched;
using record::RunMaker;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Figure& headline(const Summary& summary, std::size_t subject = 0) {
  return *summary.subjects.at(subject).figure(metric::kHeadline);
}

std::vector<std::string> flag_names(const Summary& summary) {
  std::vector<std::string> names;
  for (const Flag& flag : summary.subjects.at(0).flags) names.push_back(flag.name);
  return names;
}

/// `count` launches of one variant, the i-th taking response(i) ns.
record::Run series(int count, const std::function<std::int64_t(int)>& response) {
  return RunMaker().variant("a").add_many("a", count, [&](int i) { return launched(response(i)); }).make();
}

/// Around 1 ms, ± 5 µs, without pattern (SplitMix64).
std::int64_t steady(int i) {
  auto z = (static_cast<std::uint64_t>(i) + 1) * 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return 1'000'000 + static_cast<std::int64_t>((z ^ (z >> 31)) % 10'001) - 5'000;
}

TEST(Summary, MediansComeFromMeasuredSuccessfulLaunchesOnly) {
  record::Sample warm = launched(9'000'000);
  warm.warmup = true;
  const record::Run run = RunMaker()
                              .variant("a")
                              .add("a", warm)
                              .add("a", launched(100))
                              .add("a", failed(record::Outcome::timeout, "response"))
                              .add("a", launched(300))
                              .add("a", launched(200))
                              .make();
  const Summary summary = summarise(run);
  EXPECT_EQ(headline(summary).n, 3u);
  EXPECT_EQ(headline(summary).distribution->p50, 200);
  EXPECT_EQ(headline(summary).distribution->max, 300);
  EXPECT_EQ(summary.subjects[0].samples, 4u);
  EXPECT_EQ(summary.subjects[0].ok, 3u);
}

TEST(Summary, PercentilesAppearExactlyWhenTheirBoundExists) {
  for (const int n : {28, 29, 58, 59, 298, 299}) {
    const record::Run run = series(n, steady);
    const Summary summary = summarise(run);
    const auto& tails = headline(summary).distribution->tails;
    EXPECT_EQ(tails[0].value.has_value(), n >= 29) << n;
    EXPECT_EQ(tails[1].value.has_value(), n >= 59) << n;
    EXPECT_EQ(tails[2].value.has_value(), n >= 299) << n;
  }
}

TEST(Summary, IntervalsAppearFromSixLaunchesOn) {
  const record::Run five = series(5, steady);
  const record::Run six = series(6, steady);
  EXPECT_FALSE(headline(summarise(five)).distribution->ci.has_value());
  EXPECT_TRUE(headline(summarise(six)).distribution->ci.has_value());
}

TEST(Summary, WhatCouldNotBeMeasuredIsAReasonAndNeverANumber) {
  record::Sample sample = launched(100);
  sample.unavailable = {{"memory.rss", "smaps_rollup is not readable"}};
  RunMaker maker;
  maker.variant("a").add("a", sample);
  maker.header().variants[0].unavailable = {{"binary.file", "a bare command"}};
  const record::Run run = maker.make();
  const Summary summary = summarise(run);
  const Figure* rss = summary.subjects[0].figure("memory.rss");
  ASSERT_NE(rss, nullptr);
  EXPECT_FALSE(rss->distribution.has_value());
  EXPECT_EQ(rss->reason, "smaps_rollup is not readable");
  EXPECT_EQ(summary.subjects[0].figure("binary.file")->reason, "a bare command");
  EXPECT_EQ(summary.subjects[0].figure("memory.pss"), nullptr) << "the run does not speak of it";
}

TEST(Summary, AVariantThatNeverAnsweredHasAReasonForItsHeadline) {
  const record::Run run = RunMaker().variant("a").add("a", failed(record::Outcome::crashed, "signal 6")).make();
  const Summary summary = summarise(run);
  EXPECT_FALSE(headline(summary).distribution.has_value());
  EXPECT_EQ(headline(summary).reason, "no measured launch succeeded");
  EXPECT_EQ(summary.subjects[0].failures.at(0).detail, "signal 6");
}

TEST(Summary, AMetricOfALaterVersionIsNamedAndNotGuessedAt) {
  record::Sample sample = launched(100);
  sample.values["launch.teleport"] = 5;
  const record::Run run = RunMaker().variant("a").add("a", sample).make();
  EXPECT_THAT(summarise(run).notes, ElementsAre(HasSubstr("launch.teleport")));
}

TEST(Summary, ARunWithoutEndIsKilled) {
  const record::Run run = record::Run::build({}, {}).value();
  EXPECT_EQ(summarise(run).end, "killed");
}

TEST(Summary, TheFloorIsKnownByItsFunction) {
  const record::Run run =
      RunMaker().variant("c-nolibc").variant("c-nolibc[cache=cold]").variant("c-nolibc-like").variant("c-musl").make();
  const Summary summary = summarise(run);
  EXPECT_TRUE(summary.subjects[0].floor);
  EXPECT_TRUE(summary.subjects[1].floor);
  EXPECT_FALSE(summary.subjects[2].floor);
  EXPECT_FALSE(summary.subjects[3].floor);
}

TEST(Flags, ASteadySeriesHasNone) {
  const record::Run run = series(300, steady);
  EXPECT_THAT(flag_names(summarise(run)), IsEmpty());
}

TEST(Flags, FirstRun) {
  const record::Run run = series(50, [](int i) { return steady(i) + (i == 0 ? 900'000 : 0); });
  EXPECT_THAT(flag_names(summarise(run)), ElementsAre("first_run"));
}

TEST(Flags, Drift_WhichAlsoExplainsTheLikenessOfNeighbours) {
  const record::Run run = series(200, [](int i) { return steady(i) + i * 500; });
  EXPECT_THAT(flag_names(summarise(run)), ElementsAre("drift"));
}

TEST(Flags, ADriftTooSmallToMisleadIsNotRaised) {
  const record::Run run = series(2'000, [](int i) { return steady(i) + i * 5; });
  EXPECT_THAT(flag_names(summarise(run)), testing::Not(testing::Contains("drift"))) << "0.7 %, significant as it is";
}

TEST(Flags, SeveralModes) {
  const record::Run run = series(200, [](int i) { return steady(i) + (steady(i + 1'000) % 2 == 0 ? 300'000 : 0); });
  EXPECT_THAT(flag_names(summarise(run)), ElementsAre("modes"));
}

TEST(Flags, Autocorrelation_OfSlowSpellsAndOfTurns) {
  const record::Run spells = series(200, [](int i) { return steady(i) + (i / 20 % 2) * 8'000; });
  EXPECT_THAT(flag_names(summarise(spells)), testing::Contains("autocorrelation"));
  EXPECT_THAT(summarise(spells).subjects[0].flags.back().text, HasSubstr("resemble the one before"));
  const record::Run turns = series(200, [](int i) { return steady(i) + (i % 2) * 8'000; });
  EXPECT_THAT(summarise(turns).subjects[0].flags.back().text, HasSubstr("take turns"));
}

TEST(Flags, DisturbancesThatHitManyLaunches) {
  const auto run_with = [](int hits) {
    return RunMaker()
        .variant("a")
        .add_many("a", 100,
                  [&](int i) {
                    record::Sample sample = launched(steady(i));
                    sample.values["disturbance.steal"] = i < hits ? 10'000'000 : 0;
                    return sample;
                  })
        .make();
  };
  const record::Run many = run_with(5);
  const record::Run few = run_with(4);
  EXPECT_THAT(flag_names(summarise(many)), testing::Contains("disturbed"));
  EXPECT_THAT(flag_names(summarise(few)), testing::Not(testing::Contains("disturbed")));
}

TEST(Flags, AnInstrumentTooCoarseForWhatItMeasures) {
  record::Sample sample = launched(100'000);
  sample.error_ns = 5'000;
  const record::Run run = RunMaker().variant("a").add_many("a", 10, [&](int) { return sample; }).make();
  EXPECT_THAT(flag_names(summarise(run)), testing::Contains("coarse"));
}

TEST(Flags, EachEndsInSomethingToDo) {
  record::Sample sample = launched(100'000);
  sample.flags = {"probed"};
  const record::Run run = RunMaker().variant("a").add("a", sample).make();
  const Summary summary = summarise(run);
  ASSERT_THAT(flag_names(summary), ElementsAre("probed"));
  EXPECT_FALSE(summary.subjects[0].flags[0].action.empty());
}

}  // namespace
}  // namespace frostbyte::summary
