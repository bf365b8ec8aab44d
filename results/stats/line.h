// A straight line through points of which some may be wrong.
#pragma once

#include <span>

namespace frostbyte::stats {

struct Point {
  double x = 0;
  double y = 0;
};

struct Line {
  double slope = 0;
  double intercept = 0;
  double residual = 0;  ///< the largest |y − (intercept + slope · x)|

  [[nodiscard]] double at(double x) const { return intercept + slope * x; }
};

/// Theil–Sen: the slope is the median of the slopes between all pairs of points, the intercept the median of what the
/// slope leaves of each y. Less than 29 % of the points, however wrong, do not carry it away. O(n²): for tens of
/// points. Requires two points of different x; points of the same x have no slope between them.
Line fit_line(std::span<const Point> points);

}  // namespace frostbyte::stats
