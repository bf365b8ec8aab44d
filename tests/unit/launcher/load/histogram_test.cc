#include "launcher/load/histogram.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>

namespace frostbyte::load {
namespace {

/// Of all magnitudes, not only of large ones.
rc::Gen<std::int64_t> latency() {
  return rc::gen::map(rc::gen::pair(rc::gen::inRange(0, 42), rc::gen::inRange<std::int64_t>(0, std::int64_t{1} << 42)),
                      [](auto pair) { return pair.second >> pair.first; });
}

std::int64_t exact_quantile(std::vector<std::int64_t> values, double q) {
  std::ranges::sort(values);
  const double rank = std::ceil(q * static_cast<double>(values.size()));
  return values[std::clamp<std::size_t>(static_cast<std::size_t>(rank), 1, values.size()) - 1];
}

TEST(Histogram, QuantilesAreTheExactOnesRoundedUpWithinThePrecision) {
  EXPECT_TRUE(rc::check([] {
    const auto values = *rc::gen::nonEmpty(rc::gen::container<std::vector<std::int64_t>>(latency()));
    const double q = *rc::gen::map(rc::gen::inRange(1, 1001), [](int permille) { return permille / 1000.0; });
    Histogram histogram;
    for (const std::int64_t value : values) histogram.record(Nanos(value));
    const std::int64_t exact = exact_quantile(values, q);
    const std::int64_t found = histogram.quantile(q).count();
    RC_ASSERT(found >= exact);
    RC_ASSERT(static_cast<double>(found - exact) <= Histogram::kPrecision * static_cast<double>(exact));
  }));
}

TEST(Histogram, CountAndMaximumAreExact) {
  EXPECT_TRUE(rc::check([] {
    const auto values = *rc::gen::nonEmpty(rc::gen::container<std::vector<std::int64_t>>(latency()));
    Histogram histogram;
    for (const std::int64_t value : values) histogram.record(Nanos(value));
    RC_ASSERT(histogram.count() == values.size());
    RC_ASSERT(histogram.max() == Nanos(*std::ranges::max_element(values)));
    RC_ASSERT(histogram.quantile(1) == histogram.max());
  }));
}

TEST(Histogram, QuantilesNeverFallWithTheirRank) {
  EXPECT_TRUE(rc::check([] {
    Histogram histogram;
    for (const std::int64_t value : *rc::gen::container<std::vector<std::int64_t>>(latency()))
      histogram.record(Nanos(value));
    Nanos before(0);
    for (const double q : {0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0}) {
      RC_ASSERT(histogram.quantile(q) >= before);
      before = histogram.quantile(q);
    }
  }));
}

TEST(Histogram, IsZeroWithoutValues) {
  EXPECT_EQ(Histogram().quantile(0.5), Nanos(0));
  EXPECT_EQ(Histogram().count(), 0U);
}

TEST(Histogram, TakesValuesBeyondItsRangeAsItsEnds) {
  Histogram histogram;
  histogram.record(Nanos(-5));
  EXPECT_EQ(histogram.quantile(1), Nanos(0));
  histogram.record(std::chrono::hours(1000));
  EXPECT_EQ(histogram.count(), 2U);
  EXPECT_LT(histogram.max(), std::chrono::hours(2));
  EXPECT_GT(histogram.max(), std::chrono::hours(1));
}

}  // namespace
}  // namespace frostbyte::load
