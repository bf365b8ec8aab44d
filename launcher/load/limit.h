// The generator's own limit: what it reaches against a server that does nothing. A figure near it is the generator's.
#pragma once

#include <atomic>
#include <vector>

#include "launcher/base/result.h"
#include "launcher/contract/watch.h"
#include "launcher/load/spec.h"

namespace frostbyte::load {

/// A result above this part of the limit is marked: it may say more about the generator than about the function.
inline constexpr double kNearLimit = 0.8;

struct LimitRequest {
  const Load& load;                ///< its connections, request and response; its rate does not matter
  std::vector<int> server_cpus{};  ///< where the null server runs: the functions' own; empty: anywhere
  contract::Waiting waiting = contract::Waiting::blocking;
  const std::atomic<bool>* interrupted = nullptr;
};

/// Responses a second, closed loop, over a window of half a second. The null server is a thread in the calling thread's
/// network namespace that reads without parsing and answers with the bytes the workload expects. Errors: sockets, a
/// thread, a workload without an answer that could be made up.
Result<double> measure_limit(const LimitRequest& request);

}  // namespace frostbyte::load
