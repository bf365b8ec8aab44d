// Numbers of metrics as people read them, and exactly.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "results/metric/metric.h"

namespace frostbyte::metric {

/// One unit and one number of decimals for a whole column, so that its decimal points stand below each other.
struct Scale {
  double divisor = 1;
  std::string_view unit;  ///< "µs", "MiB"; empty for counts
  int decimals = 0;
};

/// The largest unit in which the smallest value is at least 1, unless the largest then needs six digits; with enough
/// decimals for three significant digits of the smallest, five of the largest, none when all values are whole in that
/// unit. `values` need not be sorted; zeros do not count.
Scale scale_for(Unit unit, std::span<const double> values);

/// "312.4", without the unit.
std::string number(double value, const Scale& scale);

/// "312 µs", "1.05 MiB", "17": one number in a sentence.
std::string in_words(Unit unit, double value);

/// A number exactly: whole when it is whole, else the shortest text that reads back as it. For machines.
std::string exact(double value);

}  // namespace frostbyte::metric
