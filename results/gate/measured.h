// The number a limit is held against, with the interval it is known to. Internal to results/gate.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "results/compare/comparison.h"
#include "results/gate/budget.h"
#include "results/summary/summary.h"

namespace frostbyte::gate {

/// low ≤ value ≤ high; all the same for an exact metric, and where there is no interval.
struct Measured {
  double value = 0;
  double low = 0;
  double high = 0;
  [[nodiscard]] bool has_interval() const { return low < high; }
};
/// A number, or why there is none, as a clause: "it needs 299 launches, and there were 100".
using MaybeMeasured = std::expected<Measured, std::string>;

/// `figure` may be null.
MaybeMeasured measure(const summary::Figure* figure, Statistic statistic);

/// A candidate's figure less the base's, and the base's.
struct MeasuredChange {
  Measured change;
  double base = 0;
  double candidate = 0;
};
using MaybeChange = std::expected<MeasuredChange, std::string>;

/// The comparison's own shift for a median; for other quantiles, and for metrics it did not compare, the difference of
/// the two figures, between the ends of their intervals that lie farthest apart: at least as sure as each of them.
MaybeChange measure_change(const compare::Comparison& comparison, const summary::Subject* base,
                           const summary::Subject* candidate, const MetricName& metric);

enum class Position : std::uint8_t { within, across, beyond };
enum class Side : std::uint8_t { upper, lower };
/// Where the measured lies as to a limit. The limit itself is within, and so is what differs from it by rounding.
Position position(const Measured& measured, double limit, Side side);

}  // namespace frostbyte::gate
