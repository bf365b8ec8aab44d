// A handful of durations, summed up for a person. Not statistics: a probe takes some twenty readings and makes no claim
// about them.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "launcher/base/units.h"

namespace frostbyte::host {

struct Spread {
  Nanos least{};
  Nanos median{};
  Nanos p99{};  ///< the largest, below 100 readings
  std::size_t count = 0;
};

Spread spread_of(std::vector<Nanos> readings);

/// Two to three digits: "26 ns", "8.1 us", "1.2 s".
std::string human(Nanos duration);

/// "p50 8.1 us, p99 20 us (n = 20)"
std::string human(const Spread& spread);

}  // namespace frostbyte::host
