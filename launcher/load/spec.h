// What a load phase is asked to do: `rate=1000,connections=64,duration=10s`, as text and as data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "launcher/base/units.h"
#include "launcher/function/workload.h"

namespace frostbyte::load {

struct Spec {
  /// Requests a second, each sent at its own instant whatever became of those before (open loop). Unset: `max`, each
  /// connection sends again when its response is there (closed loop).
  std::optional<double> rate;
  std::uint32_t connections = 64;
  Nanos duration = std::chrono::seconds(10);  ///< of the measured window
  Nanos warmup = std::chrono::seconds(1);     ///< the same load before the window, not measured
  Nanos timeout = std::chrono::seconds(5);    ///< of one request, and the longest wait for the window's last ones
  std::string workload;                       ///< empty: what the launch itself asks
  bool operator==(const Spec&) const = default;
};

/// Reads `rate=1000|max,connections=64,duration=10s,warmup=1s,timeout=5s,workload=echo`; all but `rate` may be left
/// out. Errors name the key and what to write instead.
Result<Spec> parse_spec(std::string_view text);

/// Accepted by parse_spec, with every key.
std::string to_string(const Spec& spec);

/// A spec and the request it makes.
struct Load {
  Spec spec;
  function::Workload workload;
  std::string metrics{};  ///< path of the function's Prometheus page, read when the load is over; empty without one
};

}  // namespace frostbyte::load
