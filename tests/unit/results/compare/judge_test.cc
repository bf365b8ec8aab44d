#include "results/compare/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>

namespace frostbyte::compare {
namespace {

using metric::Direction;
using ::testing::HasSubstr;

Estimate from_to(double low, double high) { return {.value = (low + high) / 2, .low = low, .high = high}; }

TEST(Verdict, IsWorse_WhenTheWholeIntervalIsBeyondTheMargin) {
  EXPECT_EQ(judge(from_to(2.1, 3), 2, Direction::lower_is_better), Verdict::worse);
  EXPECT_EQ(judge(from_to(2.0, 3), 2, Direction::lower_is_better), Verdict::inconclusive)
      << "the margin is no difference";
}

TEST(Verdict, IsBetter_WhenTheWholeIntervalIsBeyondTheMarginOnTheGoodSide) {
  EXPECT_EQ(judge(from_to(-3, -2.1), 2, Direction::lower_is_better), Verdict::better);
  EXPECT_EQ(judge(from_to(-3, -2.1), 2, Direction::higher_is_better), Verdict::worse);
}

TEST(Verdict, IsEquivalent_WhenTheWholeIntervalIsWithinTheMargin) {
  EXPECT_EQ(judge(from_to(-2, 2), 2, Direction::lower_is_better), Verdict::equivalent);
  EXPECT_EQ(judge(from_to(0, 0), 0, Direction::lower_is_better), Verdict::equivalent) << "exactly equal";
}

TEST(Verdict, IsInconclusive_WhenTheIntervalCrossesTheMargin) {
  EXPECT_EQ(judge(from_to(-2.1, 1), 2, Direction::lower_is_better), Verdict::inconclusive);
  EXPECT_EQ(judge(from_to(1, 2.1), 2, Direction::lower_is_better), Verdict::inconclusive);
  EXPECT_EQ(judge(from_to(-1, 1), 0, Direction::lower_is_better), Verdict::inconclusive)
      << "no difference is unprovable";
}

Verdict swapped(Verdict verdict) {
  if (verdict == Verdict::better) return Verdict::worse;
  return verdict == Verdict::worse ? Verdict::better : verdict;
}

TEST(VerdictLaws, SwappingTheSidesSwapsBetterAndWorse) {
  EXPECT_TRUE(rc::check("antisymmetry", [] {
    const int a = *rc::gen::inRange(-50, 50);
    const int b = *rc::gen::inRange(-50, 50);
    const double margin = *rc::gen::inRange(0, 20);
    const Estimate shift = from_to(std::min(a, b), std::max(a, b));
    for (const Direction direction : {Direction::lower_is_better, Direction::higher_is_better}) {
      const Verdict verdict = judge(shift, margin, direction);
      RC_ASSERT(judge(from_to(-shift.high, -shift.low), margin, direction) == swapped(verdict));
    }
  }));
}

TEST(VerdictLaws, ANarrowerIntervalNeverContradicts) {
  EXPECT_TRUE(rc::check("consistency", [] {
    const int low = *rc::gen::inRange(-50, 50);
    const int width = *rc::gen::inRange(0, 40);
    const int inner_low = *rc::gen::inRange(low, low + width + 1);
    const int inner_high = *rc::gen::inRange(inner_low, low + width + 1);
    const double margin = *rc::gen::inRange(0, 20);
    const Verdict wide = judge(from_to(low, low + width), margin, Direction::lower_is_better);
    const Verdict narrow = judge(from_to(inner_low, inner_high), margin, Direction::lower_is_better);
    if (wide != Verdict::inconclusive) {
      RC_ASSERT(narrow == wide);
    }
  }));
}

MetricComparison unsettled(const Estimate& shift, double margin) {
  return {.metric = metric::find(metric::kHeadline),
          .primary = true,
          .n_base = 100,
          .n_candidate = 100,
          .base = 100'000,
          .candidate = 100'000,
          .shift = shift,
          .relative = {},
          .margin = margin,
          .p_value = {},
          .verdict = Verdict::inconclusive,
          .reason = {}};
}

TEST(Reason, SaysHowFarTheIntervalReachesAndHowManyLaunchesWouldDecide) {
  EXPECT_EQ(why_inconclusive(unsettled({.value = 1'000, .low = -2'000, .high = 4'000}, 0.02)),
            "+1.0 % is within the margin of 2 %, but the interval reaches +4.0 %; about 9 times as many launches would "
            "decide");
  EXPECT_EQ(why_inconclusive(unsettled({.value = 3'000, .low = 1'500, .high = 4'500}, 0.02)),
            "+3.0 % is beyond the margin of 2 %, but the interval reaches +1.5 %; about 3 times as many launches would "
            "decide");
  EXPECT_EQ(why_inconclusive(unsettled({.value = -3'000, .low = -4'500, .high = -1'500}, 0.02)),
            "-3.0 % is beyond the margin of 2 %, but the interval reaches -1.5 %; about 3 times as many launches would "
            "decide");
  EXPECT_THAT(why_inconclusive(unsettled({.value = 0, .low = -5'000, .high = 5'000}, 0.02)),
              HasSubstr("-5.0 % … +5.0 % reaches beyond the margin of 2 % on both sides; about 7 times"));
}

TEST(Reason, PromisesNothingWhereMoreLaunchesDoNotHelp) {
  EXPECT_THAT(why_inconclusive(unsettled({.value = 2'000, .low = 1'500, .high = 2'500}, 0.02)),
              HasSubstr("about as large as the margin: another margin decides sooner"));
  EXPECT_THAT(why_inconclusive(unsettled({.value = 0, .low = -50, .high = 50}, 0)),
              HasSubstr("-0.05 % … +0.05 % holds no difference; no number of launches proves that there is none"));
}

}  // namespace
}  // namespace frostbyte::compare
