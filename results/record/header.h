// The first line of a run file: who measured what, where, and in which order. And its last line: how the run ended.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "launcher/base/result.h"
#include "results/record/sample.h"

namespace frostbyte::record {

/// Keeps the order in which facts were written, so that a header reads as its author meant it.
using Json = nlohmann::ordered_json;

inline constexpr std::string_view kRunSchema = "frostbyte.run/1";
/// A line of a run file that is longer than this is refused: it bounds what reading a file can cost.
inline constexpr std::size_t kMaxLine = 16u << 20;

struct Tool {
  std::string name = "frostbyte";
  std::string version{};
  std::string git{};  ///< revision it was built from; empty when unknown
};

/// One variant of the plan, as far as a reader of results needs it.
struct VariantInfo {
  std::string name{};                                ///< unique in the run; samples refer to it
  std::map<std::string, std::string> labels{};       ///< what reports group by: language, isolation, cache …
  std::map<std::string, std::int64_t> values{};      ///< metrics of variant scope: "binary.file" → bytes
  std::map<std::string, std::string> unavailable{};  ///< metrics of variant scope that could not be had → why
  std::vector<std::string> notes{};                  ///< what a reader of its figures should know, for people
  Json settings = Json::object();                    ///< free: command, contract, env, limits …
};

struct Header {
  Tool tool;
  std::string started{};            ///< UTC, ISO 8601: "2026-01-31T12:00:00Z"
  std::vector<std::string> argv{};  ///< the command that measures this again
  std::uint64_t seed = 0;           ///< of the shuffle
  Json host = Json::object();       ///< free; `summary`, when it is a string, is the one line reports print
  Json plan = Json::object();       ///< free, without `variants`: those are below
  std::vector<VariantInfo> variants;
};

/// `decided`: the samples answered what was asked before the plan's last round.
enum class EndReason : std::uint8_t { complete, interrupted, time_budget, decided };
std::string_view to_string(EndReason reason);

inline constexpr std::size_t kOutcomes = 9;
/// How many samples ended how, indexed by Outcome.
using OutcomeCounts = std::array<std::uint64_t, kOutcomes>;

/// The last line. Its counts let a reader notice lines that are missing.
struct End {
  EndReason reason = EndReason::complete;
  std::uint64_t samples = 0;  ///< all of them, warm-ups included
  std::uint64_t warmups = 0;
  OutcomeCounts outcomes{};  ///< measured samples, warm-ups not
  std::string digest{};      ///< of every byte before this line; a file without it is refused
};

/// "2026-01-31T12:00:00Z".
std::string utc_timestamp(std::chrono::system_clock::time_point when);

}  // namespace frostbyte::record
