// From launches of functions whose truth is known to what the instrument is off by. Pure: runs and numbers in, figures
// out.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "results/calibration/calibration.h"
#include "results/record/run.h"

namespace frostbyte::calibration {

/// The median of these, its 95 % interval, and p99 when there are enough for one; a reason when there are none.
Figure distribution(std::string metric, std::string subject, std::vector<double> values);

/// The same of a metric of one variant of a run, warm-ups and failed launches left out.
Figure distribution_of(const record::Run& run, std::uint32_t variant, std::string metric, std::string subject);

/// A delay that a variant is known to have, ns.
struct KnownDelay {
  std::uint32_t variant = 0;
  double delay = 0;
};
/// Slope, intercept and largest residual of the median first response over the delay (stats::fit_line). Slope's
/// interval is that of its rounds: each round is one line, and their slopes have a median.
std::vector<Figure> linearity(const record::Run& run, std::span<const KnownDelay> delays, const std::string& subject);

/// How much a metric shifts between two variants of one run, by the differences of each round (Hodges–Lehmann, 95 %).
/// In the unit of the metric, under the id `as`.
struct Shifted {
  std::string metric{};
  std::uint32_t from = 0;
  std::uint32_t to = 0;
};
Figure shift(const record::Run& run, const Shifted& what, std::string as, std::string subject);

/// Rounds of one comparison that the floor is made of: what `compare` looks at first.
inline constexpr std::size_t kFloorRounds = 50;

/// For every metric that can be better or worse: the largest shift that two variants of the very same function show
/// against each other in any stretch of kFloorRounds rounds, as a part of the metric's median. Metrics whose median is
/// 0, that shift by more than themselves, or that have fewer rounds, have none.
std::map<std::string, double> noise_floor(const record::Run& run, std::uint32_t one, std::uint32_t other);

}  // namespace frostbyte::calibration
