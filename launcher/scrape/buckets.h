// A classic histogram: how many observations there were up to each bound. What quantiles can be had from that, and how
// wrong they can be: by the width of the bucket they fall into. Pure.
#pragma once

#include <map>
#include <optional>

#include "launcher/base/result.h"
#include "launcher/scrape/exposition.h"

namespace frostbyte::scrape {

/// Where a quantile lies: somewhere in [low, high], by interpolation at `value`. All in the histogram's own unit.
struct Estimate {
  double value = 0;
  double low = 0;
  double high = 0;  ///< infinite in the last bucket; `value` is then its lower bound
};

class Buckets {
 public:
  /// Adds a series' bucket. Series that are added together keep the bounds all of them have.
  void add(double bound, double cumulative);
  /// The sum of two sets of series: bounds that only one of them has are left out.
  void merge(const Buckets& other);

  /// Observations between two pages. A count that fell says that the service began anew: then all of `this` is new.
  [[nodiscard]] Buckets since(const Buckets& before) const;
  [[nodiscard]] bool fell_since(const Buckets& before) const;

  /// Of all observations, or 0 without a last bucket.
  [[nodiscard]] double count() const;
  /// Nothing without observations. Errors are not possible: counts that fall from bucket to bucket are evened out.
  [[nodiscard]] std::optional<Estimate> quantile(double q) const;

  [[nodiscard]] const std::map<double, double>& cumulative() const { return cumulative_; }

 private:
  std::map<double, double> cumulative_;  // upper bound → observations up to it
};

}  // namespace frostbyte::scrape
