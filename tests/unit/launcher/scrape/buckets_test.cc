#include "launcher/scrape/buckets.h"

#include <gmock/gmock.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <vector>

namespace frostbyte::scrape {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Buckets histogram_of(const std::vector<double>& bounds, const std::vector<double>& values) {
  Buckets buckets;
  for (const double bound : std::set<double>(bounds.begin(), bounds.end()))
    buckets.add(bound, static_cast<double>(std::ranges::count_if(values, [&](double v) { return v <= bound; })));
  buckets.add(kInfinity, static_cast<double>(values.size()));
  return buckets;
}

std::vector<double> numbers(int most) {
  const auto raw = *rc::gen::nonEmpty(rc::gen::container<std::vector<int>>(rc::gen::inRange(1, most)));
  return {raw.begin(), raw.end()};
}

TEST(Quantile, LiesWithinItsErrorOfTheExactOne) {
  EXPECT_TRUE(rc::check([] {
    const std::vector<double> values = numbers(1000);
    const std::vector<double> bounds = numbers(1000);
    const double q = *rc::gen::inRange(1, 100) / 100.0;
    const auto estimate = histogram_of(bounds, values).quantile(q);
    RC_ASSERT(estimate.has_value());
    std::vector<double> sorted = values;
    std::ranges::sort(sorted);
    const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(sorted.size())));
    const double exact = sorted[std::max<std::size_t>(rank, 1) - 1];
    RC_ASSERT(estimate->low <= exact);
    RC_ASSERT(exact <= estimate->high);
    RC_ASSERT(estimate->low <= estimate->value);
    RC_ASSERT(estimate->value <= estimate->high);
  }));
}

TEST(Quantile, InterpolatesWithinABucket) {
  Buckets buckets;
  buckets.add(0.1, 0);
  buckets.add(0.2, 100);
  buckets.add(kInfinity, 100);
  const auto estimate = buckets.quantile(0.25);
  ASSERT_TRUE(estimate);
  EXPECT_DOUBLE_EQ(estimate->value, 0.125);
  EXPECT_DOUBLE_EQ(estimate->low, 0.1);
  EXPECT_DOUBLE_EQ(estimate->high, 0.2);
}

TEST(Quantile, KnowsNoMoreThanTheLastBoundAboveIt) {
  Buckets buckets;
  buckets.add(1, 1);
  buckets.add(kInfinity, 10);
  EXPECT_EQ(buckets.quantile(0.9)->low, 1);
  EXPECT_TRUE(std::isinf(buckets.quantile(0.9)->high));
}

TEST(Quantile, IsNoneWithoutObservations) {
  EXPECT_FALSE(Buckets().quantile(0.5));
  EXPECT_FALSE(histogram_of({1, 2}, {}).quantile(0.5));
}

TEST(Since, IsWhatWasObservedInBetween) {
  EXPECT_TRUE(rc::check([] {
    const std::vector<double> bounds = numbers(50);
    const std::vector<double> early = numbers(60);
    const std::vector<double> later = numbers(60);
    std::vector<double> all = early;
    all.insert(all.end(), later.begin(), later.end());
    const Buckets grown = histogram_of(bounds, all).since(histogram_of(bounds, early));
    RC_ASSERT(grown.cumulative() == histogram_of(bounds, later).cumulative());
  }));
}

TEST(Since, TakesEverythingAsNewWhenTheServiceBeganAnew) {
  const Buckets before = histogram_of({1, 2}, {1, 1, 1, 2});
  const Buckets after = histogram_of({1, 2}, {2});
  EXPECT_TRUE(after.fell_since(before));
  EXPECT_EQ(after.since(before).cumulative(), after.cumulative());
}

TEST(Merge, AddsSeriesAtTheBoundsTheyShare) {
  Buckets sum = histogram_of({1, 2}, {1, 2});
  sum.merge(histogram_of({2, 4}, {1, 3, 3}));
  EXPECT_THAT(sum.cumulative(), testing::ElementsAre(testing::Pair(2, 3), testing::Pair(kInfinity, 5)));
}

}  // namespace
}  // namespace frostbyte::scrape
