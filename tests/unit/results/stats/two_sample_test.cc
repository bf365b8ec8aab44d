// Laws of the shift between two independent series.
#include "results/stats/two_sample.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "../draw.h"

namespace frostbyte::stats {
namespace {

rc::Gen<Values> some_values() {
  return rc::gen::nonEmpty(rc::gen::container<Values>(
      rc::gen::map(rc::gen::inRange(-100'000, 100'000), [](int v) { return static_cast<double>(v); })));
}

Values mapped(Values values, double scale, double shift) {
  for (double& value : values) value = value * scale + shift;
  return values;
}

TEST(TwoSampleLaws, ShiftIsTheMedianOfAllDifferences) {
  EXPECT_TRUE(rc::check("brute force", [] {
    const Values base = *some_values();
    const Values candidate = *some_values();
    Values differences;
    for (const double from : base)
      for (const double to : candidate) differences.push_back(to - from);
    std::ranges::sort(differences);
    RC_ASSERT(hodges_lehmann(base, candidate, 0.95).estimate == median(differences));
  }));
}

TEST(TwoSampleLaws, OrderChangesNothing) {
  EXPECT_TRUE(rc::check("permutation invariance", [] {
    const Values base = *some_values();
    const Values candidate = *some_values();
    Values shuffled = candidate;
    std::ranges::shuffle(shuffled, std::mt19937_64(*rc::gen::arbitrary<std::uint64_t>()));
    RC_ASSERT(hodges_lehmann(base, shuffled, 0.95).estimate == hodges_lehmann(base, candidate, 0.95).estimate);
    RC_ASSERT(rank_sum(base, shuffled).statistic == rank_sum(base, candidate).statistic);
  }));
}

TEST(TwoSampleLaws, SwappingTheSeriesMirrorsShiftAndIntervalAndKeepsThePValue) {
  EXPECT_TRUE(rc::check("antisymmetry", [] {
    const Values base = *some_values();
    const Values candidate = *some_values();
    const Shift there = hodges_lehmann(base, candidate, 0.9);
    const Shift back = hodges_lehmann(candidate, base, 0.9);
    RC_ASSERT(back.estimate == -there.estimate);
    RC_ASSERT(back.interval.has_value() == there.interval.has_value());
    if (there.interval) {
      RC_ASSERT(back.interval->low == -there.interval->high);
      RC_ASSERT(back.interval->high == -there.interval->low);
    }
    RC_ASSERT(std::abs(rank_sum(base, candidate).p_value - rank_sum(candidate, base).p_value) < 1e-12);
  }));
}

TEST(TwoSampleLaws, ShiftingOneSeriesShiftsAndScalingBothScales) {
  EXPECT_TRUE(rc::check("equivariance", [] {
    const Values base = *some_values();
    const Values candidate = *some_values();
    const double scale = *rc::gen::inRange(1, 64);
    const double shift = *rc::gen::inRange(-1'000'000, 1'000'000);
    const Shift before = hodges_lehmann(base, candidate, 0.95);
    const Shift after = hodges_lehmann(mapped(base, scale, 0), mapped(candidate, scale, shift), 0.95);
    RC_ASSERT(after.estimate == before.estimate * scale + shift);
    RC_ASSERT(after.interval.has_value() == before.interval.has_value());
    if (after.interval) {
      RC_ASSERT(after.interval->low == before.interval->low * scale + shift);
      RC_ASSERT(after.interval->high == before.interval->high * scale + shift);
    }
  }));
}

TEST(TwoSampleLaws, IntervalsHoldTheirEstimateAndNest) {
  EXPECT_TRUE(rc::check("nesting", [] {
    const Values base = *some_values();
    const Values candidate = *some_values();
    const Shift narrow = hodges_lehmann(base, candidate, 0.8);
    const Shift wide = hodges_lehmann(base, candidate, 0.99, 2);
    if (narrow.interval) {
      RC_ASSERT(narrow.interval->low <= narrow.estimate && narrow.estimate <= narrow.interval->high);
    }
    if (wide.interval) {
      RC_ASSERT(narrow.interval.has_value());
      RC_ASSERT(wide.interval->low <= narrow.interval->low && narrow.interval->high <= wide.interval->high);
    }
  }));
}

TEST(TwoSampleCoverage, IsItsLevel) {
  Draw draw(11);
  for (const std::size_t n : {8u, 30u, 31u, 200u}) {
    int held = 0;
    constexpr int kTrials = 2'000;
    for (int i = 0; i < kTrials; ++i) {
      const Values base = draw.many(n, [&] { return draw.normal(); });
      const Values candidate = draw.many(n + 5, [&] { return 7 + draw.normal(); });
      const Interval interval = hodges_lehmann(base, candidate, 0.95).interval.value();
      held += interval.low <= 7 && 7 <= interval.high;
    }
    EXPECT_GE(held, 0.94 * kTrials) << n;
    EXPECT_LE(held, 0.975 * kTrials) << n;
  }
}

TEST(Inflation, IsAboutOneForIndependentValues) {
  Draw draw(12);
  double sum = 0;
  for (int i = 0; i < 200; ++i) sum += variance_inflation(draw.many(900, [&] { return draw.normal(); }));
  EXPECT_LT(sum / 200, 1.2);
  EXPECT_EQ(variance_inflation(Values(500, 3.0)), 1);
  EXPECT_EQ(variance_inflation(draw.many(99, [&] { return draw.normal(); })), 1) << "too few to tell";
}

TEST(Inflation, KeepsTheCoverageOfSeriesThatRemember) {
  Draw draw(13);
  const auto remembering = [&](std::size_t n) {
    double at = 0;
    return draw.many(n, [&] { return at = 0.6 * at + draw.normal(); });
  };
  int held = 0;
  int held_without = 0;
  constexpr int kTrials = 400;
  for (int i = 0; i < kTrials; ++i) {
    const Values base = remembering(900);
    const Values candidate = remembering(900);
    const double inflation = std::max(variance_inflation(base), variance_inflation(candidate));
    const Interval interval = hodges_lehmann(base, candidate, 0.95, inflation).interval.value();
    const Interval naive = hodges_lehmann(base, candidate, 0.95).interval.value();
    held += interval.low <= 0 && 0 <= interval.high;
    held_without += naive.low <= 0 && 0 <= naive.high;
  }
  EXPECT_GE(held, 0.93 * kTrials);
  EXPECT_LT(held_without, 0.75 * kTrials) << "without it the interval states far more than it knows";
}

}  // namespace
}  // namespace frostbyte::stats
