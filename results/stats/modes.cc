#include "results/stats/modes.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>

#include "results/stats/describe.h"

namespace frostbyte::stats {
namespace {

constexpr std::size_t kFewest = 20;
constexpr std::size_t kCells = 1024;
constexpr double kValleyDepth = 0.5;   // of the lower of the two peaks
constexpr double kStandardErrors = 3;  // by which a valley must be below its peaks
constexpr double kLeastShare = 0.1;

/// All but the outer 2.5 % on either side: a far tail would stretch the grid until heaps share a cell, and no heap that
/// counts is lost. Fences made of quartiles would cut off a second heap of a fifth of the values as outliers.
Sorted central(Sorted sorted) {
  const std::size_t cut = sorted.size() / 40;
  return sorted.subspan(cut, sorted.size() - 2 * cut);
}

/// Silverman (1986), equation 3.31.
double bandwidth(Sorted sorted) {
  const double sd = moments(sorted).sd.value_or(0);
  const double iqr = quantile(sorted, 0.75) - quantile(sorted, 0.25);
  const double spread = iqr > 0 ? std::min(sd, iqr / 1.34) : sd;
  return 0.9 * spread * std::pow(static_cast<double>(sorted.size()), -0.2);
}

struct Grid {
  double origin = 0;
  double cell = 0;
  std::vector<double> density;  // values per cell, smoothed
  double noise = 0;             // variance of a density is `noise` times the density
  [[nodiscard]] double position(std::size_t i) const { return origin + (static_cast<double>(i) + 0.5) * cell; }
};

std::vector<double> gaussian_weights(double width_in_cells) {
  const auto reach = static_cast<std::size_t>(std::ceil(4 * width_in_cells));
  std::vector<double> weights(reach + 1);
  for (std::size_t k = 0; k <= reach; ++k) {
    const double z = static_cast<double>(k) / width_in_cells;
    weights[k] = std::exp(-z * z / 2) / (width_in_cells * std::sqrt(2 * std::numbers::pi));
  }
  return weights;
}

std::vector<double> smooth(std::span<const double> counts, std::span<const double> weights) {
  std::vector<double> density(counts.size(), 0.0);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    const std::size_t reach = weights.size() - 1;
    const std::size_t from = i > reach ? i - reach : 0;
    const std::size_t to = std::min(counts.size() - 1, i + reach);
    for (std::size_t j = from; j <= to; ++j) density[j] += counts[i] * weights[j > i ? j - i : i - j];
  }
  return density;
}

Grid estimate_density(Sorted values, double width) {
  Grid grid;
  const double low = values.front() - 4 * width;
  const double high = values.back() + 4 * width;
  // Never coarser than a quarter of the kernel, however far the values reach.
  const auto cells =
      std::clamp(static_cast<std::size_t>(std::ceil(4 * (high - low) / width)), kCells, std::size_t{1} << 16);
  grid.origin = low;
  grid.cell = (high - low) / static_cast<double>(cells);
  std::vector<double> counts(cells, 0.0);
  for (const double value : values) ++counts[std::min(cells - 1, static_cast<std::size_t>((value - low) / grid.cell))];
  const double width_in_cells = width / grid.cell;
  grid.density = smooth(counts, gaussian_weights(width_in_cells));
  // Silverman (1986), equation 3.20: Var ≈ f·∫K² / (n·h); in values per cell the factor is ∫K² / (h in cells).
  grid.noise = 1 / (2 * std::sqrt(std::numbers::pi) * width_in_cells);
  return grid;
}

/// A stretch of the grid with one peak; neighbours meet in valleys.
struct Hill {
  std::size_t begin = 0;
  std::size_t end = 0;
  double peak = 0;
};

std::vector<Hill> find_hills(const Grid& grid) {
  std::vector<Hill> hills(1);
  bool falling = false;
  for (std::size_t i = 0; i < grid.density.size(); ++i) {
    if (i > 0 && grid.density[i] > grid.density[i - 1] && falling) {
      hills.back().end = i - 1;
      hills.push_back({.begin = i - 1, .end = 0, .peak = 0});
      falling = false;
    }
    if (i > 0 && grid.density[i] < grid.density[i - 1]) falling = true;
    hills.back().peak = std::max(hills.back().peak, grid.density[i]);
  }
  hills.back().end = grid.density.size();
  return hills;
}

double share_of(const Grid& grid, Sorted sorted, const Hill& hill) {
  const auto up_to = [&](std::size_t cell) {
    if (cell == 0) return std::ptrdiff_t{0};
    if (cell >= grid.density.size()) return std::ssize(sorted);
    return std::ranges::lower_bound(sorted, grid.position(cell)) - sorted.begin();
  };
  return static_cast<double>(up_to(hill.end) - up_to(hill.begin)) / static_cast<double>(sorted.size());
}

bool separated(const Grid& grid, Sorted sorted, const Hill& left, const Hill& right) {
  const double valley = grid.density[right.begin];
  const double lower = std::min(left.peak, right.peak);
  const double error = std::sqrt((lower + valley) * grid.noise);
  return valley < kValleyDepth * lower && lower - valley > kStandardErrors * error &&
         share_of(grid, sorted, left) >= kLeastShare && share_of(grid, sorted, right) >= kLeastShare;
}

/// Joins across the shallowest valley that does not separate, until all do.
void join_hills(const Grid& grid, Sorted sorted, std::vector<Hill>& hills) {
  for (;;) {
    std::size_t shallowest = hills.size();
    double depth = 2;
    for (std::size_t i = 0; i + 1 < hills.size(); ++i) {
      const double relative = grid.density[hills[i + 1].begin] / std::min(hills[i].peak, hills[i + 1].peak);
      if (separated(grid, sorted, hills[i], hills[i + 1])) continue;
      if (shallowest == hills.size() || relative > depth) {
        shallowest = i;
        depth = relative;
      }
    }
    if (shallowest == hills.size()) return;
    hills[shallowest].end = hills[shallowest + 1].end;
    hills[shallowest].peak = std::max(hills[shallowest].peak, hills[shallowest + 1].peak);
    hills.erase(hills.begin() + static_cast<std::ptrdiff_t>(shallowest) + 1);
  }
}

Mode describe(const Grid& grid, Sorted sorted, const Hill& hill) {
  const auto first = hill.begin == 0 ? sorted.begin() : std::ranges::lower_bound(sorted, grid.position(hill.begin));
  const auto last =
      hill.end >= grid.density.size() ? sorted.end() : std::ranges::lower_bound(sorted, grid.position(hill.end));
  return {.location = median(Sorted(first, last)),
          .share = static_cast<double>(last - first) / static_cast<double>(sorted.size())};
}

}  // namespace

std::vector<Mode> modes(Sorted sorted) {
  const std::vector<Mode> one = {{.location = median(sorted), .share = 1}};
  if (sorted.size() < kFewest) return one;
  const Sorted values = central(sorted);
  const double width = bandwidth(values);
  if (!(width > 0)) return one;
  const Grid grid = estimate_density(values, width);
  std::vector<Hill> hills = find_hills(grid);
  join_hills(grid, sorted, hills);
  std::vector<Mode> found;
  for (const Hill& hill : hills) found.push_back(describe(grid, sorted, hill));
  return found;
}

}  // namespace frostbyte::stats
