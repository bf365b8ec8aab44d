// Drives one HTTP server with one thread, and times what it answers.
//
// Open loop (a rate): request i is due at start + i / rate, and its latency counts from that instant, not from when a
// connection was free to carry it: a server that stalls for a second is charged with every request that was due in that
// second. Closed loop (`max`): each connection sends again as soon as its response is there, and its latency counts
// from the sending; it says what throughput there is, and nothing about how long a user would wait.
//
// Not here: how the server was started and what it costs (launch), what a null server gives (limit.h).
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "launcher/base/clock.h"
#include "launcher/base/result.h"
#include "launcher/contract/client.h"
#include "launcher/contract/watch.h"
#include "launcher/load/histogram.h"
#include "launcher/load/spec.h"

namespace frostbyte::load {

enum class Fault : std::uint8_t {
  connect,     ///< no connection could be made
  broken,      ///< the connection ended, or carried no HTTP, before the response was complete
  wrong,       ///< a response that the workload does not accept
  timeout,     ///< no response within the spec's timeout
  unanswered,  ///< due in the window, but still waiting for a connection when the last wait was over
};
inline constexpr std::size_t kFaults = 5;
std::string_view to_string(Fault fault);

enum class Conclusion : std::uint8_t { complete, server_ended, interrupted };

/// What one load phase gave. Requests are those of the window: due in it (open loop) or sent in it (closed loop).
struct Tally {
  Conclusion conclusion = Conclusion::complete;
  Nanos window{};               ///< as long as asked for
  std::uint64_t requests = 0;   ///< of the window, whatever became of them
  std::uint64_t completed = 0;  ///< valid responses that arrived within the window
  std::array<std::uint64_t, kFaults> faults{};
  std::uint64_t reconnects = 0;  ///< connections the server closed after a complete response, in the window
  /// Of the window's requests: valid responses, and, with the time waited until given up, timeouts and unanswered ones.
  Histogram latency;
  /// How late the generator itself was: sending − due, where a connection was free all the time. Open loop only.
  Histogram lag;
  std::string first_problem;  ///< of the first fault, for people

  [[nodiscard]] std::uint64_t count(Fault fault) const { return faults[static_cast<std::size_t>(fault)]; }
  [[nodiscard]] std::uint64_t failed() const;
  /// Valid responses a second in the window.
  [[nodiscard]] double throughput() const;
};

/// What goes on around the load. All members are optional.
struct Surroundings {
  contract::Waiting waiting = contract::Waiting::blocking;
  int pidfd = -1;                      ///< of the server: the load ends when it does
  std::vector<int> attended;           ///< further descriptors that must be looked after meanwhile …
  std::function<void(int fd)> attend;  ///< … when they are readable
  const std::atomic<bool>* interrupted = nullptr;
  std::function<void()> window_begins;
  std::function<void()> window_ended;
  /// The window is over and its requests are done; the same load goes on, requests are in flight.
  std::function<void()> under_load;
};

/// Runs warm-up, window and the wait for the window's last responses. The calling thread is in the server's network
/// namespace. Errors are the generator's own: no descriptors, no epoll.
Result<Tally> drive(const Load& load, const contract::Address& server, const Surroundings& surroundings);

}  // namespace frostbyte::load
