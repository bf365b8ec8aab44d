#include "results/metric/quantity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <vector>

namespace frostbyte::metric {
namespace {

Scale scale(Unit unit, const std::vector<double>& values) { return scale_for(unit, values); }

TEST(ScaleOfAColumn, IsTheLargestUnitInWhichTheSmallestIsOne) {
  EXPECT_EQ(scale(Unit::nanoseconds, {999, 5'000}).unit, "ns");
  EXPECT_EQ(scale(Unit::nanoseconds, {146'500, 689'123}).unit, "µs");
  EXPECT_EQ(scale(Unit::nanoseconds, {1'000'000, 45'000'001}).unit, "ms");
  EXPECT_EQ(scale(Unit::bytes, {912, 800'000}).unit, "KiB") << "not B: the largest would need six digits";
  EXPECT_EQ(scale(Unit::bytes, {912, 80'000}).unit, "B");
  EXPECT_EQ(scale(Unit::count, {3, 80'000'000}).unit, "");
}

TEST(ScaleOfAColumn, MovesUpWhenTheLargestWouldNeedSixDigits) {
  EXPECT_EQ(scale(Unit::nanoseconds, {146'000, 99'000'000}).unit, "µs");
  EXPECT_EQ(scale(Unit::nanoseconds, {146'000, 100'000'000}).unit, "ms");
}

TEST(ScaleOfAColumn, OfNothingHasNoUnit) { EXPECT_EQ(scale(Unit::bytes, {}).unit, ""); }

TEST(ScaleOfAColumn, ShowsNoDecimalsOfWholePages) {
  EXPECT_EQ(scale(Unit::bytes, {8'192, 1'728'512}).decimals, 0);
  EXPECT_EQ(scale(Unit::bytes, {8'192, 1'728'513}).decimals, 1);
}

TEST(ScaleOfAColumn, NoNumberNeedsMoreThanSixDigits) {
  EXPECT_TRUE(rc::check("digits", [] {
    const auto values = *rc::gen::nonEmpty(rc::gen::container<std::vector<double>>(rc::gen::map(
        rc::gen::inRange<std::int64_t>(0, 900'000'000'000), [](std::int64_t v) { return static_cast<double>(v); })));
    const Scale chosen = scale_for(Unit::nanoseconds, values);
    for (const double value : values) RC_ASSERT(number(value, chosen).size() <= 7);
  }));
}

TEST(Words, CarryThreeDigitsAndTheirUnit) {
  EXPECT_EQ(in_words(Unit::nanoseconds, 418), "418 ns");
  EXPECT_EQ(in_words(Unit::nanoseconds, 1'510'167), "1.51 ms");
  EXPECT_EQ(in_words(Unit::nanoseconds, 613'441), "613 µs");
  EXPECT_EQ(in_words(Unit::bytes, 1'101'005), "1.05 MiB");
  EXPECT_EQ(in_words(Unit::count, 17), "17");
  EXPECT_EQ(in_words(Unit::nanoseconds, 0), "0 ns");
}

TEST(Exact, ReadsBackAsTheNumberItWas) {
  EXPECT_EQ(exact(613'441), "613441");
  EXPECT_EQ(exact(0.1), "0.1");
  EXPECT_EQ(exact(1'234.5), "1234.5");
  EXPECT_TRUE(rc::check("round trip", [](double value) { RC_ASSERT(std::stod(exact(value)) == value); }));
}

}  // namespace
}  // namespace frostbyte::metric
