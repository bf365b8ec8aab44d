#include "launcher/load/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace frostbyte::load {
namespace {

// Values below 2^11 have a bucket each; above, each power of two is divided into 2^10 buckets of equal width.
constexpr int kLinearBits = 11;
constexpr int kLargestBits = 42;
constexpr std::uint64_t kHalf = 1ULL << (kLinearBits - 1);
constexpr std::uint64_t kLargest = (1ULL << kLargestBits) - 1;
constexpr std::size_t kBuckets = (1ULL << kLinearBits) + (kLargestBits - kLinearBits) * kHalf;

/// How far a value is shifted to have kLinearBits significant bits.
int shift_of(std::uint64_t value) { return std::max(0, static_cast<int>(std::bit_width(value)) - kLinearBits); }

std::size_t bucket_of(std::uint64_t value) {
  const int shift = shift_of(value);
  return static_cast<std::size_t>(shift) * kHalf + (value >> shift);
}

/// The largest value that belongs to a bucket.
std::uint64_t upper_edge(std::size_t bucket) {
  if (bucket < 2 * kHalf) return bucket;
  const std::size_t shift = bucket / kHalf - 1;
  const std::uint64_t significant = bucket - shift * kHalf;
  return ((significant + 1) << shift) - 1;
}

}  // namespace

Histogram::Histogram() : counts_(kBuckets) {}

void Histogram::record(Nanos value) {
  const auto bounded = std::min(static_cast<std::uint64_t>(std::max<std::int64_t>(value.count(), 0)), kLargest);
  ++counts_[bucket_of(bounded)];
  ++count_;
  max_ = std::max(max_, Nanos(bounded));
}

Nanos Histogram::quantile(double q) const {
  if (count_ == 0) return Nanos(0);
  const double rank = std::ceil(q * static_cast<double>(count_));
  const auto wanted = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(std::max(rank, 1.0)), 1, count_);
  std::uint64_t seen = 0;
  std::size_t bucket = 0;
  while ((seen += counts_[bucket]) < wanted) ++bucket;
  return std::min(Nanos(upper_edge(bucket)), max_);
}

}  // namespace frostbyte::load
