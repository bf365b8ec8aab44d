// The smallest memory limit under which a function still answers, found by bisection in launches of their own.
#pragma once

#include <atomic>
#include <functional>

#include "launcher/base/units.h"
#include "launcher/sweep/executor.h"
#include "results/record/header.h"

namespace frostbyte::sweep {

/// A limit counts as enough when so many launches under it all answer.
inline constexpr int kLimitTrials = 5;
/// And the smallest when so many do.
inline constexpr int kLimitProof = 10;

/// One launch under a limit. Errors: no such limit can be set.
using TryLimit = std::function<Result<record::Sample>(Bytes limit)>;

struct MemoryLimit {
  Bytes enough;           ///< kLimitProof launches of as many answered
  Bytes below;            ///< the largest limit tried that is not; 0 when the smallest there is was enough
  record::Sample failed;  ///< how the launch under `below` failed
};

/// Limits are tried in pages, from `first` upwards in doublings and then between the last two. Errors: TryLimit's; no
/// limit up to `most` was enough; interrupted.
Result<MemoryLimit> find_memory_limit(const TryLimit& attempt, Bytes first, Bytes most,
                                      const std::atomic<bool>& interrupted);

/// Fills memory.smallest_limit of header's variants, which are the plan's, with a note that names the cause just below;
/// else why there is none. Errors: none of a function; what ends the sweep.
Result<void> find_memory_limits(const Plan& plan, Executor& executor, const std::atomic<bool>& interrupted,
                                record::Header& header);

}  // namespace frostbyte::sweep
