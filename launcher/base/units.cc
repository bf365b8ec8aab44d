#include "launcher/base/units.h"

#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <span>

namespace frostbyte {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};

constexpr double kKibi = 1024.0;
constexpr std::array kByteUnits = {
    Unit{"", 1},
    Unit{"B", 1},
    Unit{"k", kKibi},
    Unit{"K", kKibi},
    Unit{"M", kKibi* kKibi},
    Unit{"G", kKibi* kKibi* kKibi},
    Unit{"KiB", kKibi},
    Unit{"MiB", kKibi* kKibi},
    Unit{"GiB", kKibi* kKibi* kKibi},
    Unit{"kB", 1e3},
    Unit{"KB", 1e3},
    Unit{"MB", 1e6},
    Unit{"GB", 1e9},
};
constexpr std::array kTimeUnits = {
    Unit{"", 1e9},  Unit{"ns", 1},   Unit{"us", 1e3},   Unit{"µs", 1e3},   Unit{"ms", 1e6},
    Unit{"s", 1e9}, Unit{"m", 60e9}, Unit{"min", 60e9}, Unit{"h", 3600e9},
};

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

constexpr double kPastInt64 = 9223372036854775808.0;  // 2^63

/// `text` as a whole number of the unit, exactly; nothing when it is no whole number or does not fit. Sizes and times
/// past 2^53 have no exact double, and what to_string() writes must be read back exactly.
std::optional<std::int64_t> exact_count(std::string_view number, const Unit& unit) {
  std::int64_t whole = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), whole);
  std::int64_t count = 0;
  const bool fits = error == std::errc() && end == number.data() + number.size() &&
                    !__builtin_mul_overflow(whole, static_cast<std::int64_t>(unit.factor), &count);
  return fits ? std::optional(count) : std::nullopt;
}

/// A non-negative number and one of `units`, as a whole count of the base unit.
Result<std::int64_t> parse_quantity(std::string_view text, std::span<const Unit> units, std::string_view kind,
                                    std::string_view example) {
  const auto refuse = [&](std::string cause) {
    return failure("read " + std::string(kind), std::string(text), std::move(cause),
                   "write it like " + std::string(example));
  };
  const std::string_view body = trim(text);
  double value = 0;
  const auto [end, error] = std::from_chars(body.data(), body.data() + body.size(), value);
  if (error == std::errc::result_out_of_range) return refuse("it is too large");
  if (error != std::errc() || !std::isfinite(value)) return refuse("it does not start with a number");
  if (value < 0) return refuse("it is negative");
  const auto length = static_cast<std::size_t>(end - body.data());
  const std::string_view suffix = trim(body.substr(length));
  for (const Unit& unit : units) {
    if (unit.name != suffix) continue;
    if (const auto count = exact_count(body.substr(0, length), unit)) return *count;
    const double scaled = value * unit.factor;
    if (scaled >= kPastInt64) return refuse("it is too large");
    return std::llround(scaled);
  }
  return refuse("unknown unit '" + std::string(suffix) + "'");
}

struct WholeUnit {
  std::string_view name;
  std::int64_t factor;
};

std::string in_largest_unit(std::int64_t count, std::span<const WholeUnit> units) {
  for (const WholeUnit& unit : units) {
    if (count != 0 && count % unit.factor == 0)
      return std::to_string(count / unit.factor) + " " + std::string(unit.name);
  }
  return std::to_string(count) + " " + std::string(units.back().name);
}

}  // namespace

Result<Bytes> parse_bytes(std::string_view text) {
  return Bytes{TRY(parse_quantity(text, kByteUnits, "size", "64MiB, 512k or 4096"))};
}

Result<Nanos> parse_duration(std::string_view text) {
  return Nanos(TRY(parse_quantity(text, kTimeUnits, "duration", "250ms, 1.5s or 2m")));
}

std::string to_string(Bytes bytes) {
  static constexpr std::array kUnits = {WholeUnit{"GiB", 1LL << 30}, WholeUnit{"MiB", 1LL << 20},
                                        WholeUnit{"KiB", 1LL << 10}, WholeUnit{"B", 1}};
  return in_largest_unit(bytes.count, kUnits);
}

std::string to_string(Nanos nanos) {
  static constexpr std::array kUnits = {
      WholeUnit{"h", 3'600'000'000'000LL}, WholeUnit{"m", 60'000'000'000LL}, WholeUnit{"s", 1'000'000'000LL},
      WholeUnit{"ms", 1'000'000LL},        WholeUnit{"us", 1'000LL},         WholeUnit{"ns", 1}};
  return in_largest_unit(nanos.count(), kUnits);
}

}  // namespace frostbyte
