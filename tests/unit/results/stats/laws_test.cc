// What must hold for any data, and how often intervals hold the truth.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "../draw.h"
#include "results/stats/describe.h"
#include "results/stats/modes.h"
#include "results/stats/order.h"
#include "results/stats/paired.h"
#include "results/stats/trend.h"

namespace frostbyte::stats {
namespace {

Values sorted(Values values) {
  std::ranges::sort(values);
  return values;
}

/// Whole numbers, so that shifting and scaling by whole numbers is exact.
rc::Gen<Values> some_values() {
  return rc::gen::nonEmpty(rc::gen::container<Values>(
      rc::gen::map(rc::gen::inRange(-100'000, 100'000), [](int v) { return static_cast<double>(v); })));
}

Values mapped(const Values& values, double scale, double shift) {
  Values out;
  for (const double value : values) out.push_back(value * scale + shift);
  return out;
}

TEST(Laws, OrderOfTheDataChangesNothingButTrends) {
  EXPECT_TRUE(rc::check("permutation invariance", [] {
    const Values values = *some_values();
    Values shuffled = values;
    std::ranges::shuffle(shuffled, std::mt19937_64(*rc::gen::arbitrary<std::uint64_t>()));
    RC_ASSERT(moments(shuffled).mean == moments(sorted(values)).mean ||
              std::abs(moments(shuffled).mean - moments(values).mean) < 1e-6);
    RC_ASSERT(hodges_lehmann(shuffled, 0.95).estimate == hodges_lehmann(values, 0.95).estimate);
    RC_ASSERT(signed_rank(shuffled).statistic == signed_rank(values).statistic);
  }));
}

TEST(Laws, ShiftingAndScalingTheDataShiftsAndScalesTheFigures) {
  EXPECT_TRUE(rc::check("equivariance", [] {
    const Values values = *some_values();
    const double scale = *rc::gen::inRange(1, 64);
    const double shift = *rc::gen::inRange(-1'000'000, 1'000'000);
    const Values a = sorted(values);
    const Values b = sorted(mapped(values, scale, shift));
    for (const double p : {0.0, 0.1, 0.25, 0.5, 0.9, 0.99, 1.0})
      RC_ASSERT(quantile(b, p) == quantile(a, p) * scale + shift);
    RC_ASSERT(median_absolute_deviation(b) == median_absolute_deviation(a) * scale);
    RC_ASSERT(outliers(b).mild == outliers(a).mild);
    RC_ASSERT(outliers(b).severe == outliers(a).severe);
    const Shift before = hodges_lehmann(a, 0.95);
    const Shift after = hodges_lehmann(b, 0.95);
    RC_ASSERT(after.estimate == before.estimate * scale + shift);
    RC_ASSERT(after.interval.has_value() == before.interval.has_value());
    if (after.interval) {
      RC_ASSERT(after.interval->low == before.interval->low * scale + shift);
    }
  }));
}

TEST(Laws, NegatingTheDataMirrorsTheFigures) {
  EXPECT_TRUE(rc::check("symmetry", [] {
    const Values values = *some_values();
    const Values a = sorted(values);
    const Values b = sorted(mapped(values, -1, 0));
    for (const double p : {0.1, 0.25, 0.5, 0.9}) RC_ASSERT(quantile(b, 1 - p) == -quantile(a, p));
    RC_ASSERT(hodges_lehmann(b, 0.95).estimate == -hodges_lehmann(a, 0.95).estimate);
    RC_ASSERT(std::abs(signed_rank(b).p_value - signed_rank(a).p_value) < 1e-12);
  }));
}

TEST(Laws, QuantilesAreMonotoneAndWithinTheData) {
  EXPECT_TRUE(rc::check("monotone", [] {
    const Values values = sorted(*some_values());
    double previous = values.front();
    for (int percent = 0; percent <= 100; ++percent) {
      const double value = quantile(values, percent / 100.0);
      RC_ASSERT(value >= previous);
      previous = value;
    }
    RC_ASSERT(previous == values.back());
  }));
}

TEST(Laws, ShiftIsTheMedianOfAllWalshAverages) {
  EXPECT_TRUE(rc::check("brute force", [] {
    const Values values = *some_values();
    Values averages;
    for (std::size_t i = 0; i < values.size(); ++i) {
      for (std::size_t j = i; j < values.size(); ++j) averages.push_back((values[i] + values[j]) / 2);
    }
    RC_ASSERT(hodges_lehmann(values, 0.95).estimate == median(sorted(averages)));
  }));
}

TEST(Laws, IntervalsHoldTheirEstimate) {
  EXPECT_TRUE(rc::check("estimate within", [] {
    const Values values = sorted(*some_values());
    const auto interval = quantile_interval(values, 0.5, 0.95);
    if (interval) {
      RC_ASSERT(interval->low <= median(values) && median(values) <= interval->high);
    }
    const Shift shift = hodges_lehmann(values, 0.95);
    if (shift.interval) {
      RC_ASSERT(shift.interval->low <= shift.estimate && shift.estimate <= shift.interval->high);
    }
  }));
}

TEST(Laws, TauIsTheShareOfConcordantPairs) {
  EXPECT_TRUE(rc::check("brute force", [] {
    const Values values = *some_values();
    double score = 0;
    double untied = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      for (std::size_t j = i + 1; j < values.size(); ++j) {
        score += (values[j] > values[i]) - (values[j] < values[i]);
        untied += values[i] != values[j];
      }
    }
    const auto n = static_cast<double>(values.size());
    const double expected = untied == 0 ? 0 : score / std::sqrt(untied * n * (n - 1) / 2);
    RC_ASSERT(std::abs(trend(values).tau - expected) < 1e-9);
  }));
}

TEST(Laws, SharesOfModesSumToOneAndTheirLocationsAscendWithinTheData) {
  EXPECT_TRUE(rc::check("modes", [] {
    Values values = *some_values();
    while (values.size() < 40) values.insert(values.end(), values.begin(), values.end());
    std::ranges::sort(values);
    double shares = 0;
    double previous = values.front();
    for (const Mode& mode : modes(values)) {
      shares += mode.share;
      RC_ASSERT(mode.location >= previous);
      previous = mode.location;
    }
    RC_ASSERT(previous <= values.back());
    RC_ASSERT(std::abs(shares - 1) < 1e-9);
  }));
}

TEST(Percentiles, NeedTheSamplesThatBoundThem) {
  EXPECT_EQ(samples_needed(0.99, 0.95), 299u);
  EXPECT_EQ(samples_needed(0.95, 0.95), 59u);
  EXPECT_EQ(samples_needed(0.90, 0.95), 29u);
  EXPECT_EQ(samples_needed(0.50, 0.95), 5u);
}

TEST(MedianInterval, NeedsSixSamples) {
  EXPECT_FALSE(quantile_ranks(0, 0.5, 0.95).has_value());
  EXPECT_FALSE(quantile_ranks(5, 0.5, 0.95).has_value());
  const auto six = quantile_ranks(6, 0.5, 0.95);
  ASSERT_TRUE(six.has_value());
  EXPECT_EQ(six->low, 1u);
  EXPECT_EQ(six->high, 6u);
}

TEST(MedianInterval, NeverStatesLessThanItsLevel) {
  for (const double level : {0.8, 0.95, 0.99}) {
    for (std::uint64_t n = 1; n < 400; ++n) {
      const auto ranks = quantile_ranks(n, 0.5, level);
      if (ranks) {
        EXPECT_GE(ranks->coverage, level) << n;
      }
    }
  }
}

TEST(Coverage, OfTheMedianIntervalIsAtLeastItsLevel_OnSkewedData) {
  Draw draw(1);
  int held = 0;
  constexpr int kTrials = 4'000;
  for (int i = 0; i < kTrials; ++i) {
    const Values values = sorted(draw.many(51, [&] { return draw.exponential(); }));
    const Interval interval = quantile_interval(values, 0.5, 0.95).value();
    held += interval.low <= std::log(2) && std::log(2) <= interval.high;
  }
  EXPECT_GE(held, 0.94 * kTrials);
  EXPECT_LE(held, 0.99 * kTrials) << "an interval that always holds the truth is too wide";
}

TEST(Coverage, OfTheShiftIsItsLevel) {
  Draw draw(2);
  for (const std::size_t n : {12u, 60u, 61u, 300u}) {
    int held = 0;
    constexpr int kTrials = 2'000;
    for (int i = 0; i < kTrials; ++i) {
      const Interval interval = hodges_lehmann(draw.many(n, [&] { return 7 + draw.normal(); }), 0.95).interval.value();
      held += interval.low <= 7 && 7 <= interval.high;
    }
    EXPECT_GE(held, 0.94 * kTrials) << n;
    EXPECT_LE(held, 0.975 * kTrials) << n;
  }
}

TEST(FirstRun, StandsOutOnlyWhenItIsFarAboveAllOthers) {
  Values values = {500, 100, 101, 99, 102, 100, 98, 101, 100, 99, 103};
  EXPECT_TRUE(first_stands_out(values));
  values[4] = 600;
  EXPECT_FALSE(first_stands_out(values)) << "another is larger: this is a tail, not a first run";
  values = {104, 100, 101, 99, 102, 100, 98, 101, 100, 99, 103};
  EXPECT_FALSE(first_stands_out(values)) << "the largest, but no outlier";
  values = {20, 100, 101, 99, 102, 100, 98, 101, 100, 99, 103};
  EXPECT_FALSE(first_stands_out(values)) << "faster is not a first-run effect";
  EXPECT_FALSE(first_stands_out(Values{500, 100, 100})) << "too few to tell";
}

TEST(FirstRun, IsRareWithoutCause_HoweverHeavyTheTail) {
  Draw draw(3);
  int found = 0;
  for (int i = 0; i < 2'000; ++i) found += first_stands_out(draw.many(50, [&] { return std::exp(2 * draw.normal()); }));
  EXPECT_LE(found, 2'000 / 50 * 1.5);
}

TEST(Trends, AreSeenAndSized) {
  Draw draw(4);
  Values values = draw.many(300, [&] { return 1'000 + 10 * draw.normal(); });
  EXPECT_GT(trend(values).p_value, 0.001);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] += static_cast<double>(i) * 0.3;
  EXPECT_LT(trend(values).p_value, 1e-6);
  EXPECT_NEAR(trend(values).change, 60, 6) << "two thirds of 300 rounds at 0.3 a round";
}

TEST(Trends, PValueIsUniformWithoutTrend) {
  Draw draw(5);
  int below = 0;
  for (int i = 0; i < 2'000; ++i) below += trend(draw.many(30, [&] { return draw.exponential(); })).p_value < 0.05;
  EXPECT_NEAR(below, 100, 40);
}

TEST(Autocorrelation, IsHighForAWalkAndNoneForNoise) {
  Draw draw(6);
  Values walk(500);
  double at = 0;
  for (double& value : walk) value = at += draw.normal();
  EXPECT_GT(lag1_autocorrelation(walk), 0.8);
  EXPECT_LT(std::abs(lag1_autocorrelation(draw.many(500, [&] { return draw.normal(); }))), 0.15);
  EXPECT_EQ(lag1_autocorrelation(Values{1, 2}), 0);
  EXPECT_EQ(lag1_autocorrelation(Values(50, 3.0)), 0);
}

TEST(Autocorrelation, OneWildValueDoesNotHideIt) {
  Values slow(200);
  for (std::size_t i = 0; i < slow.size(); ++i) slow[i] = std::sin(static_cast<double>(i) / 10);
  slow[77] = 1e12;
  EXPECT_GT(lag1_autocorrelation(slow), 0.9);
}

TEST(Modes, TwoHeapsAreFoundWithTheirPlaceAndSize) {
  Draw draw(7);
  for (const double share : {0.2, 0.4, 0.5, 0.8}) {
    const Values values =
        sorted(draw.many(400, [&] { return (draw.uniform() < share ? 99 : 117) + 2 * draw.normal(); }));
    const auto found = modes(values);
    ASSERT_EQ(found.size(), 2u) << share;
    EXPECT_NEAR(found[0].location, 99, 1);
    EXPECT_NEAR(found[1].location, 117, 1);
    EXPECT_NEAR(found[0].share, share, 0.08);
  }
}

TEST(Modes, AFarTailDoesNotHideThem) {
  Draw draw(8);
  Values values = draw.many(300, [&] { return (draw.uniform() < 0.6 ? 99 : 117) + 2 * draw.normal(); });
  values.insert(values.end(), {5'000, 20'000, 1e6});
  EXPECT_EQ(modes(sorted(values)).size(), 2u);
}

TEST(Modes, TwoValuesOnlyAreTwoHeaps) {
  Values pages(60, 4096.0);
  std::fill(pages.begin() + 40, pages.end(), 8192.0);
  EXPECT_EQ(modes(pages).size(), 2u);
  EXPECT_EQ(modes(Values(60, 4096.0)).size(), 1u);
}

TEST(Modes, OneHeapIsRarelySplit_WhateverItsShape) {
  Draw draw(9);
  const auto split = [&](auto&& shape, std::size_t n) {
    int found = 0;
    for (int i = 0; i < 300; ++i) found += modes(sorted(draw.many(n, shape))).size() > 1;
    return found;
  };
  for (const std::size_t n : {30u, 100u, 1'000u}) {
    EXPECT_LE(split([&] { return draw.normal(); }, n), 6) << "normal " << n;
    EXPECT_LE(split([&] { return draw.exponential(); }, n), 6) << "exponential " << n;
    EXPECT_LE(split([&] { return draw.uniform(); }, n), 6) << "uniform " << n;
    EXPECT_LE(split([&] { return std::exp(draw.normal()); }, n), 6) << "lognormal " << n;
    EXPECT_LE(split([&] { return std::floor(20 * draw.normal()) * 4096; }, n), 6) << "pages " << n;
  }
}

TEST(LargeData, AMillionSamplesStayExact) {
  Draw draw(10);
  const Values differences = draw.many(1'000'000, [&] { return 50 + 1'000 * draw.normal(); });
  const Shift shift = hodges_lehmann(differences, 0.95);
  EXPECT_NEAR(shift.estimate, 50, 5);
  EXPECT_LT(shift.interval->low, 50);
  EXPECT_GT(shift.interval->high, 50);
  const auto ranks = quantile_ranks(1'000'000, 0.5, 0.95);
  EXPECT_EQ(ranks->low + ranks->high, 1'000'001u) << "symmetric";
  EXPECT_NEAR(static_cast<double>(ranks->high - ranks->low), 2 * 980, 4);
}

}  // namespace
}  // namespace frostbyte::stats
