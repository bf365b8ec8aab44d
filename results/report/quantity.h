// Numbers as people read them. Internal to results/report.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "results/metric/metric.h"
#include "results/report/render.h"

namespace frostbyte::report {

/// One unit and one number of decimals for a whole column, so that its decimal points stand below each other.
struct Scale {
  double divisor = 1;
  std::string_view unit;  ///< "µs", "MiB"; empty for counts
  int decimals = 0;
};

/// The largest unit in which the smallest value is at least 1, unless the largest then needs six digits; with enough
/// decimals for three significant digits of the smallest, five of the largest, none when all values are whole in that
/// unit. `values` need not be sorted; zeros do not count.
Scale scale_for(metric::Unit unit, std::span<const double> values);

/// "312.4", without the unit.
std::string number(double value, const Scale& scale);

/// "312 µs", "1.05 MiB", "17": one number in a sentence.
std::string in_words(metric::Unit unit, double value);

/// A number exactly: whole when it is whole, else the shortest text that reads back as it. For machines.
std::string exact(double value);

/// Without control characters and sequences (a function's stderr must not drive the terminal), newlines as spaces,
/// non-ASCII as ? in ASCII.
std::string printable(std::string_view text, Charset charset);

/// "a, b and c"; beyond five, the first four and how many more.
std::string listed(std::span<const std::string> names);

/// Terminal columns of UTF-8 text, one a code point.
std::size_t width_of(std::string_view text);

/// The first `width` columns, the last of them an ellipsis when something was cut.
std::string shortened(std::string_view text, std::size_t width, Charset charset);

}  // namespace frostbyte::report
