#include "launcher/scrape/buckets.h"

#include <algorithm>
#include <cmath>

namespace frostbyte::scrape {

void Buckets::add(double bound, double cumulative) { cumulative_[bound] += cumulative; }

void Buckets::merge(const Buckets& other) {
  if (cumulative_.empty()) {
    cumulative_ = other.cumulative_;
    return;
  }
  std::erase_if(cumulative_, [&](const auto& bucket) { return !other.cumulative_.contains(bucket.first); });
  for (auto& [bound, count] : cumulative_) count += other.cumulative_.at(bound);
}

bool Buckets::fell_since(const Buckets& before) const {
  return std::ranges::any_of(cumulative_, [&](const auto& bucket) {
    const auto earlier = before.cumulative_.find(bucket.first);
    return earlier != before.cumulative_.end() && bucket.second < earlier->second;
  });
}

Buckets Buckets::since(const Buckets& before) const {
  if (fell_since(before)) return *this;
  Buckets result;
  for (const auto& [bound, count] : cumulative_) {
    const auto earlier = before.cumulative_.find(bound);
    result.cumulative_[bound] = earlier == before.cumulative_.end() ? count : count - earlier->second;
  }
  return result;
}

double Buckets::count() const {
  if (cumulative_.empty() || !std::isinf(cumulative_.rbegin()->first)) return 0;
  return cumulative_.rbegin()->second;
}

std::optional<Estimate> Buckets::quantile(double q) const {
  const double total = count();
  if (!(total > 0)) return std::nullopt;
  const double rank = q * total;
  // The first bucket of a histogram of durations or sizes begins at 0; one with a negative bound has no lower end.
  double below = 0;
  double low = cumulative_.begin()->first <= 0 ? cumulative_.begin()->first : 0;
  for (const auto& [bound, count] : cumulative_) {
    if (count >= rank && count > below) {
      if (std::isinf(bound)) return Estimate{.value = low, .low = low, .high = bound};
      return Estimate{.value = low + (bound - low) * std::clamp((rank - below) / (count - below), 0.0, 1.0),
                      .low = low,
                      .high = bound};
    }
    below = std::max(below, count);
    low = bound;
  }
  return std::nullopt;
}

}  // namespace frostbyte::scrape
