// The loop of a sweep: batches of prepared slots, launches at a constant pace, each sample handed on before the next
// launch, until the plan, the time or the user ends it.
//
// Not here: making launches (Executor), the run file (results/record), what a terminal shows (commands).
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "launcher/base/clock.h"
#include "launcher/sweep/executor.h"
#include "launcher/sweep/plan.h"
#include "launcher/sweep/schedule.h"
#include "results/record/header.h"

namespace frostbyte::sweep {

/// Where a sweep stands; valid during the call it is handed to.
struct Progress {
  bool warmup = false;
  std::uint32_t round = 0;                 ///< of the last launch, from 0
  std::optional<std::uint32_t> rounds;     ///< nothing when only time ends the sweep
  std::uint64_t launches = 0;              ///< made by this process, warm-ups included
  std::optional<std::uint64_t> remaining;  ///< launches still planned
  std::uint64_t failed = 0;
  Nanos elapsed{0};
  std::optional<Nanos> time_left;  ///< of the time budget
  /// Median headline of a variant's last launches; nothing when none was valid. Computed when asked for.
  std::function<std::optional<Nanos>(std::uint32_t variant)> median;
};

/// What the sweep calls out to. `on_sample` gets every sample, numbered, before the next launch; its error ends the
/// sweep. `on_batch` is called while nothing is being measured, and so is `enough`, after each number of rounds in
/// Plan::looks but the plan's last: true ends the sweep, because what was asked is decided.
struct Hooks {
  std::function<Result<void>(const record::Sample&)> on_sample;
  std::function<void(const Progress&)> on_batch;
  std::function<Result<bool>()> enough = {};
};

struct SweepResult {
  record::EndReason reason = record::EndReason::complete;
  std::uint64_t launches = 0;          ///< made by this call, warm-ups included
  std::vector<std::uint32_t> stopped;  ///< variants the failure rule ended during this call
};

/// Flag of the sample that made the failure rule stop its variant.
inline constexpr std::string_view kStoppedFlag = "stopped_after_identical_failures";

/// Runs what of `plan` is not in `history`. `interrupted` is read between launches and ends the sweep with what was
/// measured; a launch that failed while it was set is dropped, because the failure may be the interruption's own.
/// Errors: the executor's and the sample hook's.
Result<SweepResult> run_sweep(const Plan& plan, Executor& executor, const Hooks& hooks,
                              const std::atomic<bool>& interrupted, const History& history = History());

}  // namespace frostbyte::sweep
