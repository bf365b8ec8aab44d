#include "launcher/sweep/plan.h"

namespace frostbyte::sweep {

std::string_view to_string(CacheRegime regime) { return regime == CacheRegime::warm ? "warm" : "cold"; }

Result<CacheRegime> parse_cache_regime(std::string_view text) {
  if (text == "warm") return CacheRegime::warm;
  if (text == "cold") return CacheRegime::cold;
  return failure("read cache regime", std::string(text), "unknown regime", "the regimes are: warm, cold");
}

std::string_view to_string(StopSignal signal) { return signal == StopSignal::kill ? "kill" : "term"; }

Result<StopSignal> parse_stop_signal(std::string_view text) {
  if (text == "kill") return StopSignal::kill;
  if (text == "term") return StopSignal::term;
  return failure("read stop signal", std::string(text), "unknown signal", "the signals are: kill, term");
}

}  // namespace frostbyte::sweep
