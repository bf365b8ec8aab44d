// The seam between deciding what to launch (sweep) and launching it (launch). Two implementations: the real one in
// real_executor.cc, and a fake in tests that answers from a table, so output and resume are tested to the character.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "launcher/base/result.h"
#include "launcher/sweep/plan.h"
#include "results/record/sample.h"

namespace frostbyte::sweep {

/// `automatic` uses perf records (`committed`, `exit`) where the host grants them; `off` never asks for them.
enum class KernelStamps : std::uint8_t { automatic, off };

/// How launches are made on this host: none of it changes what is measured, so none of it is part of the Plan.
struct ExecutorOptions {
  std::optional<int> launcher_cpu;           ///< unset: the executor chooses one that no function runs on
  std::vector<int> function_cpus;            ///< empty: the executor chooses
  std::optional<std::string> cgroup_parent;  ///< unset: found by probing
  KernelStamps kernel_stamps = KernelStamps::automatic;
  const std::atomic<bool>* interrupted = nullptr;  ///< ends a load phase early; its launch then counts as failed
};

class Executor {
 public:
  virtual ~Executor() = default;

  /// Off the clock, before a batch: makes the slots for these launches (indices into Plan::variants, in launch order).
  /// Errors are the launcher's own (no memory, no permission), never a function's.
  virtual Result<void> prepare(std::span<const std::uint32_t> upcoming) = 0;

  /// Launches the next of the prepared batch. A launch that fails is a Sample whose outcome says so.
  virtual Result<record::Sample> launch(std::uint32_t variant) = 0;

  /// Counts a variant's system calls in one launch of its own (launch::Launcher::census), between batches. Errors: as
  /// prepare's and launch's.
  virtual Result<record::Sample> census(std::uint32_t variant) = 0;

  /// One launch of a variant under a memory limit, between batches. Errors: as prepare's; such a limit cannot be set.
  virtual Result<record::Sample> try_limit(std::uint32_t variant, Bytes memory) = 0;

  /// Off the clock, after a batch: empties the graveyard and waits until the kernel is quiet again. Slots that were
  /// prepared and not launched (an interruption, a spent time budget) are released as well.
  virtual Result<void> finish_batch() = 0;

  /// How many launches a batch should hold at most.
  [[nodiscard]] virtual std::uint32_t batch_size() const = 0;
};

/// How a sweep gets its executor; tests hand in one that makes a fake.
using ExecutorFactory = std::function<Result<std::unique_ptr<Executor>>(const Plan&, const ExecutorOptions&)>;

}  // namespace frostbyte::sweep
