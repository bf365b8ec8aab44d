// The line through points: known answers, and laws.
#include "results/stats/line.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <vector>

#include "../draw.h"

namespace frostbyte::stats {
namespace {

TEST(FitLine, FindsAnExactLine) {
  const std::vector<Point> points = {{0, 200}, {250, 450}, {1'000, 1'200}, {10'000, 10'200}};
  const Line line = fit_line(points);
  EXPECT_DOUBLE_EQ(line.slope, 1);
  EXPECT_DOUBLE_EQ(line.intercept, 200);
  EXPECT_DOUBLE_EQ(line.residual, 0);
}

TEST(FitLine, TellsOfASlopeThatIsNotOne) {
  const std::vector<Point> points = {{0, 5}, {10, 15.3}, {20, 25.6}};
  const Line line = fit_line(points);
  EXPECT_NEAR(line.slope, 1.03, 1e-12);
  EXPECT_NEAR(line.intercept, 5, 1e-12);
}

// scipy.stats.theilslopes(y, x) gives slope 2.0 and, by the median of the rests, intercept 1.0.
TEST(FitLine, IsNotCarriedAwayByAWildPoint_AndItsResidualNamesIt) {
  const std::vector<Point> points = {{0, 1}, {1, 3}, {2, 5}, {3, 700}, {4, 9}, {5, 11}, {6, 13}};
  const Line line = fit_line(points);
  EXPECT_DOUBLE_EQ(line.slope, 2);
  EXPECT_DOUBLE_EQ(line.intercept, 1);
  EXPECT_DOUBLE_EQ(line.residual, 693);
}

TEST(FitLine, TakesSeveralPointsOfOneX) {
  const std::vector<Point> points = {{0, 9}, {0, 10}, {0, 11}, {10, 19}, {10, 20}, {10, 21}};
  const Line line = fit_line(points);
  EXPECT_DOUBLE_EQ(line.slope, 1);
  EXPECT_DOUBLE_EQ(line.intercept, 10);
  EXPECT_DOUBLE_EQ(line.residual, 1);
}

TEST(FitLine, FollowsShiftAndScale) {
  EXPECT_TRUE(rc::check("equivariance", [] {
    std::vector<Point> points;
    const auto n = static_cast<std::size_t>(*rc::gen::inRange(2, 12));
    for (std::size_t i = 0; i < n; ++i)
      points.push_back({static_cast<double>(i), static_cast<double>(*rc::gen::inRange(-1'000, 1'000))});
    const double scale = *rc::gen::inRange(1, 16);
    const double shift = *rc::gen::inRange(-1'000, 1'000);
    const Line before = fit_line(points);
    for (Point& point : points) point.y = point.y * scale + shift;
    const Line after = fit_line(points);
    RC_ASSERT(std::abs(after.slope - before.slope * scale) < 1e-6);
    RC_ASSERT(std::abs(after.intercept - (before.intercept * scale + shift)) < 1e-6);
    RC_ASSERT(std::abs(after.residual - before.residual * scale) < 1e-6);
  }));
}

TEST(FitLine, RecoversAKnownLineFromNoise) {
  Draw draw(21);
  std::vector<Point> points;
  for (int i = 0; i < 60; ++i) points.push_back({i * 100.0, 300 + 0.998 * (i * 100.0) + draw.normal()});
  const Line line = fit_line(points);
  EXPECT_NEAR(line.slope, 0.998, 0.0005);
  EXPECT_NEAR(line.intercept, 300, 1);
}

}  // namespace
}  // namespace frostbyte::stats
