#include <algorithm>
#include <array>
#include <ctime>

#include "results/record/header.h"
#include "results/record/sample.h"

namespace frostbyte::record {
namespace {

constexpr std::array<std::string_view, kOutcomes> kNames = {
    "ok",      "exec_failed",    "exited_early", "crashed",        "timeout",
    "refused", "wrong_response", "oom_killed",   "sandbox_failed",
};
static_assert(static_cast<std::size_t>(Outcome::sandbox_failed) + 1 == kOutcomes);

}  // namespace

std::string_view to_string(Outcome outcome) {
  const auto index = static_cast<std::size_t>(outcome);
  return index < kNames.size() ? kNames[index] : "";
}

bool parse_outcome(std::string_view text, Outcome& outcome) {
  const auto found = std::ranges::find(kNames, text);
  if (found == kNames.end()) return false;
  outcome = static_cast<Outcome>(found - kNames.begin());
  return true;
}

std::string_view to_string(EndReason reason) {
  switch (reason) {
    case EndReason::complete:
      return "complete";
    case EndReason::interrupted:
      return "interrupted";
    case EndReason::time_budget:
      return "time_budget";
    case EndReason::decided:
      return "decided";
  }
  return "";
}

std::string utc_timestamp(std::chrono::system_clock::time_point when) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(when);
  std::tm broken_down{};
  gmtime_r(&seconds, &broken_down);
  std::array<char, 32> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &broken_down);
  return {text.data(), length};
}

}  // namespace frostbyte::record
