#include "results/report/quantity.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

namespace frostbyte::report {
namespace {

struct Step {
  std::string_view unit;
  double divisor;
};
constexpr std::array kTimes = {Step{"ns", 1}, Step{"µs", 1e3}, Step{"ms", 1e6}, Step{"s", 1e9}};
constexpr std::array kSizes = {Step{"B", 1}, Step{"KiB", 1024}, Step{"MiB", 1048576}, Step{"GiB", 1073741824}};
constexpr std::array kPlain = {Step{"", 1}};

std::span<const Step> steps_of(metric::Unit unit) {
  if (unit == metric::Unit::nanoseconds) return kTimes;
  if (unit == metric::Unit::bytes) return kSizes;
  return kPlain;
}

/// Three significant digits of the smallest value, as long as the largest has no more than five.
int decimals_for(double smallest, double largest) {
  const auto digits_before_point = [](double value) {
    return value < 1 ? 0 : static_cast<int>(std::floor(std::log10(value))) + 1;
  };
  const int wanted = 3 - digits_before_point(smallest);
  const int room = 5 - std::max(1, digits_before_point(largest));
  return std::clamp(std::min(wanted, room), 0, 3);
}

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

/// Length of the control sequence `text` starts with, 0 when it starts with none: ECMA-48's ESC [ parameters final, and
/// ESC ] text up to BEL or ESC \, which sets a terminal's title and clipboard.
std::size_t escape_sequence(std::string_view text) {
  std::size_t end = 2;
  if (text.starts_with("\x1b[")) {
    while (end < text.size() && text[end] >= 0x20 && text[end] < 0x40) ++end;
    return std::min(end + 1, text.size());
  }
  if (text.starts_with("\x1b]")) {
    while (end < text.size() && text[end] != '\x07' && !text.substr(end).starts_with("\x1b\\")) ++end;
    return std::min(text.size(), end + (end < text.size() && text[end] == '\x07' ? 1 : 2));
  }
  return 0;
}

/// U+0080 … U+009F: some terminals obey these as they do ESC.
bool is_c1_control(std::string_view text) {
  return text.size() > 1 && text[0] == '\xC2' && static_cast<unsigned char>(text[1]) < 0xA0;
}

}  // namespace

Scale scale_for(metric::Unit unit, std::span<const double> values) {
  double smallest = 0;
  double largest = 0;
  for (const double value : values) {
    const double magnitude = std::abs(value);
    if (magnitude == 0) continue;
    smallest = smallest == 0 ? magnitude : std::min(smallest, magnitude);
    largest = std::max(largest, magnitude);
  }
  if (values.empty()) return {};
  const std::span<const Step> steps = steps_of(unit);
  std::size_t chosen = 0;
  while (chosen + 1 < steps.size() &&
         (smallest >= steps[chosen + 1].divisor || largest >= 99'999.5 * steps[chosen].divisor)) {
    ++chosen;
  }
  const Step& step = steps[chosen];
  // Pages in KiB, nanoseconds in ns: decimals would all be zeros, or finer than what was measured.
  const auto is_whole = [&](double value) { return value == std::floor(value / step.divisor) * step.divisor; };
  const bool whole = unit != metric::Unit::ratio && (step.divisor == 1 || std::ranges::all_of(values, is_whole));
  return {.divisor = step.divisor,
          .unit = step.unit,
          .decimals = whole ? 0 : decimals_for(smallest / step.divisor, largest / step.divisor)};
}

std::string number(double value, const Scale& scale) {
  return fmt::format("{:.{}f}", value / scale.divisor, scale.decimals);
}

std::string in_words(metric::Unit unit, double value) {
  const Scale scale = scale_for(unit, std::span(&value, 1));
  return scale.unit.empty() ? number(value, scale) : fmt::format("{} {}", number(value, scale), scale.unit);
}

std::string exact(double value) {
  constexpr double kWholeLimit = 9007199254740992.0;  // 2^53
  if (value == std::floor(value) && std::abs(value) <= kWholeLimit)
    return fmt::format("{}", static_cast<std::int64_t>(value));
  return fmt::format("{}", value);
}

std::string printable(std::string_view text, Charset charset) {
  const auto is_shown = [&](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte != 0x7F && (byte < 0x80 || charset == Charset::unicode);
  };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (const std::size_t sequence = escape_sequence(text.substr(i)); sequence != 0) {
      i += sequence - 1;
    } else if (is_c1_control(text.substr(i))) {
      out += '?';
      ++i;
    } else if (text[i] == '\n' || text[i] == '\t') {
      out += ' ';
    } else if (is_shown(text[i])) {
      out += text[i];
    } else if (!is_continuation(text[i])) {  // one sign a character, not one a byte
      out += '?';
    }
  }
  return out;
}

std::string listed(std::span<const std::string> names) {
  constexpr std::size_t kMost = 5;
  const std::size_t shown = names.size() > kMost ? kMost - 1 : names.size();
  std::string text;
  for (std::size_t i = 0; i < shown; ++i) {
    const bool last = i + 1 == names.size();
    text += (i == 0 ? "" : last ? " and " : ", ") + names[i];
  }
  return shown == names.size() ? text : fmt::format("{} and {} more", text, names.size() - shown);
}

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return !is_continuation(c); }));
}

std::string shortened(std::string_view text, std::size_t width, Charset charset) {
  if (width_of(text) <= width) return std::string(text);
  const std::string_view mark = charset == Charset::unicode ? "…" : "~";
  std::size_t end = 0;
  for (std::size_t columns = 0; end < text.size(); ++end) {
    if (is_continuation(text[end])) continue;
    if (++columns == std::max<std::size_t>(width, 1)) break;
  }
  return std::string(text.substr(0, end)) + std::string(mark);
}

}  // namespace frostbyte::report
