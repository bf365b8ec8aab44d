#include "results/stats/line.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "results/stats/order.h"

namespace frostbyte::stats {
namespace {

double median_of(std::vector<double> values) {
  std::ranges::sort(values);
  return median(values);
}

}  // namespace

Line fit_line(std::span<const Point> points) {
  std::vector<double> slopes;
  for (std::size_t i = 0; i < points.size(); ++i) {
    for (std::size_t j = i + 1; j < points.size(); ++j) {
      if (points[i].x != points[j].x) slopes.push_back((points[j].y - points[i].y) / (points[j].x - points[i].x));
    }
  }
  Line line;
  line.slope = median_of(std::move(slopes));
  std::vector<double> rests;
  for (const Point& point : points) rests.push_back(point.y - line.slope * point.x);
  line.intercept = median_of(std::move(rests));
  for (const Point& point : points) line.residual = std::max(line.residual, std::abs(point.y - line.at(point.x)));
  return line;
}

}  // namespace frostbyte::stats
