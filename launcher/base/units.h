// Quantities whose unit is their type. Time is integer nanoseconds everywhere; floating point exists only in
// statistics.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "launcher/base/result.h"

namespace frostbyte {

using Nanos = std::chrono::nanoseconds;

struct Bytes {
  std::int64_t count = 0;
  auto operator<=>(const Bytes&) const = default;
};

/// Parses "64MiB", "64 MiB", "1.5 GB", "4096", "512k" (k, M, G are powers of 1024, as in memory limits; kB, MB, GB of
/// 1000).
Result<Bytes> parse_bytes(std::string_view text);

/// Parses "250ms", "1.5s", "2 m", "30us", "100ns"; a bare number is seconds.
Result<Nanos> parse_duration(std::string_view text);

/// Exact, and accepted by parse_bytes: "64 MiB" when whole, else bytes.
std::string to_string(Bytes bytes);

/// Exact, and accepted by parse_duration: the largest unit that divides it, "250 ms".
std::string to_string(Nanos nanos);

}  // namespace frostbyte
