// Random values for the tests of statistics, the same on every machine.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace frostbyte {

using Values = std::vector<double>;

/// Portable across standard libraries, unlike std::normal_distribution: sums of 12 uniforms, and inversion.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : engine_(seed) {}
  double uniform() { return (static_cast<double>(engine_() >> 11) + 0.5) * 0x1p-53; }
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(uniform() * static_cast<double>(bound)); }
  double normal() {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += uniform();
    return sum;
  }
  double exponential() { return -std::log(uniform()); }
  template <class Function>
  Values many(std::size_t n, Function&& draw) {
    Values values(n);
    for (double& value : values) value = draw();
    return values;
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace frostbyte
