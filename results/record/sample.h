// What one launch gave, as it is written to the run file. Plain data; knows nothing of processes.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace frostbyte::record {

/// How a launch ended. Everything but `ok` is a failed sample: a row, never a number.
enum class Outcome : std::uint8_t {
  ok,
  exec_failed,     ///< execve refused: detail has the errno and, where the file tells, the reason
  exited_early,    ///< exited before the response was complete: detail has the status
  crashed,         ///< ended by a signal before the response was complete
  timeout,         ///< detail names the phase: listen, response
  refused,         ///< nothing acceptable listened: wrong port, connection refused or reset
  wrong_response,  ///< answered, but not what the workload expects: detail says why
  oom_killed,      ///< the kernel's OOM killer ended it
  sandbox_failed,  ///< the sandbox could not be made: detail names the step and errno
};
std::string_view to_string(Outcome outcome);
/// Returns false and leaves `outcome` alone when `text` is none of the names.
bool parse_outcome(std::string_view text, Outcome& outcome);

struct Sample {
  std::uint64_t sequence = 0;  ///< order in which launches were made, from 0, warm-ups included
  std::uint32_t round = 0;
  std::string variant;  ///< the variant's name in the header's plan
  bool warmup = false;  ///< recorded, not summarised
  Outcome outcome = Outcome::ok;
  std::string detail;       ///< cause of a failure, for people: "response: status 500, expected 200"
  std::string phase;        ///< where a failure happened: exec, listen, request, response …
  int errno_value = 0;      ///< 0 when the failure has none
  int exit_status = -1;     ///< exit code, -1 when it did not exit by itself
  int exit_signal = 0;      ///< the signal that ended it, 0 when none (the launcher's own stop is not recorded)
  std::string stderr_tail;  ///< last bytes it wrote to stderr; only for failures

  /// CLOCK_MONOTONIC ns by stamp name; stamps that did not happen are absent.
  std::map<std::string, std::int64_t> stamps;
  /// Where a stamp came from, by stamp name: launcher, child, kernel_rx, kernel_rx_joined, recv, seccomp, probe,
  /// perf, pidfd.
  std::map<std::string, std::string> sources;
  /// Half-width, ns, of the interval the true `response - exec` lies in as far as the instrument knows.
  std::int64_t error_ns = 0;

  /// Metric name (results/metric registry) → integer value in the metric's unit.
  std::map<std::string, std::int64_t> values;
  /// Metric name → why this host or this launch could not give it.
  std::map<std::string, std::string> unavailable;
  /// Named deviations from the plain method: "listen_continued", "io_uring", "probed" …
  std::vector<std::string> flags;
};

}  // namespace frostbyte::record
