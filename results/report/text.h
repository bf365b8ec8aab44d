// Text as a terminal, a table or a file of a given character set can show it. Internal to results/report.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "results/metric/quantity.h"
#include "results/report/render.h"

namespace frostbyte::report {

using metric::exact;
using metric::in_words;
using metric::number;
using metric::Scale;
using metric::scale_for;

/// Without control characters and sequences (a function's stderr must not drive the terminal), newlines as spaces,
/// non-ASCII as ? in ASCII.
std::string printable(std::string_view text, Charset charset);

/// Valid UTF-8 that XML 1.0 can hold: control characters but tab, line feed and carriage return, and bytes that are no
/// character, become U+FFFD. For formats that programs read: nothing else is changed.
std::string valid_utf8(std::string_view text);

/// "a, b and c"; beyond five, the first four and how many more.
std::string listed(std::span<const std::string> names);

/// Terminal columns of UTF-8 text, one a code point.
std::size_t width_of(std::string_view text);

/// The first `width` columns, the last of them an ellipsis when something was cut.
std::string shortened(std::string_view text, std::size_t width, Charset charset);

}  // namespace frostbyte::report
