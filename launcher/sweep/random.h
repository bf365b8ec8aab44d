// The generator behind the shuffle. The standard library leaves std::shuffle and its distributions to the
// implementation; a recorded seed must give the same order on every compiler, so the few lines are ours and stated
// exactly.
#pragma once

#include <cstdint>

namespace frostbyte::sweep {

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014).
class SplitMix64 {
 public:
  explicit SplitMix64(std::uint64_t state) : state_(state) {}

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }

  /// Uniform in [0, bound), bound > 0: draws below 2^64 mod bound are rejected, so the remainder has no bias.
  std::uint64_t below(std::uint64_t bound) {
    const std::uint64_t rejected = (0 - bound) % bound;
    for (;;) {
      const std::uint64_t draw = next();
      if (draw >= rejected) return draw % bound;
    }
  }

 private:
  std::uint64_t state_;
};

}  // namespace frostbyte::sweep
