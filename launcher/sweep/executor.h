// The seam between deciding what to launch (sweep) and launching it (launch). Two implementations: the real one in
// real_executor.cc, and a fake in tests that answers from a table, so output and resume are tested to the character.
#pragma once

#include <cstdint>
#include <span>

#include "launcher/base/result.h"
#include "launcher/sweep/plan.h"
#include "results/record/sample.h"

namespace frostbyte::sweep {

class Executor {
 public:
  virtual ~Executor() = default;

  /// Off the clock, before a batch: makes the slots for these launches (indices into Plan::variants, in launch order).
  /// Errors are the launcher's own (no memory, no permission), never a function's.
  virtual Result<void> prepare(std::span<const std::uint32_t> upcoming) = 0;

  /// Launches the next of the prepared batch. A launch that fails is a Sample whose outcome says so.
  virtual Result<record::Sample> launch(std::uint32_t variant) = 0;

  /// Off the clock, after a batch: empties the graveyard and waits until the kernel is quiet again.
  virtual Result<void> finish_batch() = 0;

  /// How many launches a batch should hold at most.
  [[nodiscard]] virtual std::uint32_t batch_size() const = 0;
};

}  // namespace frostbyte::sweep
