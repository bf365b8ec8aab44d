#include "launcher/host/spread.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace frostbyte::host {

Spread spread_of(std::vector<Nanos> readings) {
  if (readings.empty()) return {};
  std::ranges::sort(readings);
  const std::size_t last = readings.size() - 1;
  return {.least = readings.front(),
          .median = readings[last / 2],
          .p99 = readings[std::min(last, readings.size() * 99 / 100)],
          .count = readings.size()};
}

std::string human(Nanos duration) {
  constexpr std::array<std::pair<double, const char*>, 3> kUnits = {{{1e9, "s"}, {1e6, "ms"}, {1e3, "us"}}};
  const auto nanos = static_cast<double>(duration.count());
  for (const auto& [size, name] : kUnits) {
    if (nanos < size) continue;
    const double value = nanos / size;
    return value < 9.95 ? fmt::format("{:.1f} {}", value, name) : fmt::format("{:.0f} {}", value, name);
  }
  return fmt::format("{} ns", duration.count());
}

std::string human(const Spread& spread) {
  return fmt::format("p50 {}, p99 {} (n = {})", human(spread.median), human(spread.p99), spread.count);
}

}  // namespace frostbyte::host
