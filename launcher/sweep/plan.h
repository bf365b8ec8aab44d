// What a sweep will do, before it does anything: the variants, how many launches of each, in which order, at what pace.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "launcher/base/units.h"
#include "launcher/function/function.h"
#include "launcher/launch/instruments.h"
#include "launcher/load/spec.h"
#include "launcher/sandbox/cgroup.h"
#include "launcher/sandbox/isolation.h"

namespace frostbyte::sweep {

/// State of the function's own files in the page cache when a launch starts. Never mixed within a variant.
enum class CacheRegime : std::uint8_t { warm, cold };
std::string_view to_string(CacheRegime regime);
Result<CacheRegime> parse_cache_regime(std::string_view text);

enum class StopSignal : std::uint8_t { kill, term };
std::string_view to_string(StopSignal signal);
Result<StopSignal> parse_stop_signal(std::string_view text);

/// The label of a variant whose `instances` are given.
inline constexpr std::string_view kInstancesLabel = "instances";

/// Plan::runs when only the time budget ends the sweep.
inline constexpr std::uint32_t kUnlimitedRuns = UINT32_MAX;

/// One function under one setting. Names are unique within a plan.
struct Variant {
  std::string name;  ///< "cpp-epoll", "cpp-epoll[isolation=none,LOG=on]": only dimensions with several values are named
  std::map<std::string, std::string> labels;  ///< function.toml's, plus one per dimension of the sweep
  function::Function function;
  function::Workload workload;
  function::ContractKind contract = function::ContractKind::port;
  sandbox::Isolation isolation = sandbox::Isolation::full();
  sandbox::Limits limits;
  CacheRegime cache = CacheRegime::warm;
  std::optional<load::Load> load;                        ///< follows the first response
  std::vector<std::pair<std::string, std::string>> env;  ///< added to the function's own, later wins
  std::optional<std::uint64_t> instances;                ///< launched beside so many less one of its own, idle
  std::uint32_t group = 0;                               ///< Target::group; not recorded
  launch::Instruments instruments = {};                  ///< all of them, but in a calibration; not recorded
};

struct Plan {
  std::vector<Variant> variants;
  std::uint32_t runs = 100;                  ///< measured launches per variant, or kUnlimitedRuns
  std::uint32_t warmup = 3;                  ///< launches per variant before, recorded but not summarised
  std::optional<Nanos> time_budget;          ///< stop after the round in which this much time has passed
  std::vector<std::uint32_t> looks;          ///< numbers of whole rounds after which Hooks::enough is asked; ascending
  std::uint64_t seed = 0;                    ///< of the shuffle; printed and recorded
  Nanos pace{0};                             ///< constant idle gap between the end of a launch and the next spawn
  Nanos timeout = std::chrono::seconds(10);  ///< per launch, spawn to response
  StopSignal stop = StopSignal::kill;
  Nanos stop_grace = std::chrono::seconds(5);  ///< after SIGTERM, before SIGKILL
  std::uint32_t after_requests = 0;            ///< read memory again after so many more requests; 0: not
  std::optional<Nanos> after_idle;             ///< and after it was left alone for so long
  std::uint32_t max_failures = 5;  ///< a variant whose first so many launches all fail alike is stopped; 0: never
};

/// Order of launches in one round: a permutation of 0..variants-1, a pure function of (seed, round, variants), the same
/// on every machine and compiler.
std::vector<std::uint32_t> round_order(std::uint64_t seed, std::uint32_t round, std::uint32_t variants);

/// The same for a plan: instances of one function that differ in number alone follow one another there, the fewest
/// first, so that those which stand idle can stay.
std::vector<std::uint32_t> round_order(const Plan& plan, std::uint32_t round);

/// The same function in the same setting, whatever the number of instances.
bool same_but_for_instances(const Variant& one, const Variant& other);

}  // namespace frostbyte::sweep
