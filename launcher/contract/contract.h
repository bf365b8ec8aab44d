// One launch's conversation: how the function is told where to serve, how the launcher learns that it is ready, and the
// request and response that end the measurement. Three contracts: port.cc, listen_fds.cc, lambda.cc.
//
// A contract owns its sockets and the stamps `listen`, `request`, `first_byte` and `response`. It knows nothing of how
// the process was started or is stopped.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "launcher/base/clock.h"
#include "launcher/base/result.h"
#include "launcher/contract/client.h"
#include "launcher/contract/watch.h"
#include "launcher/function/function.h"
#include "launcher/function/workload.h"

namespace frostbyte::contract {

struct Mark {
  Instant at;
  const char* source;  ///< kernel_rx, kernel_rx_joined, recv, seccomp, launcher, probe
};

/// The stamps a conversation sets. One that did not happen stays unset.
struct Timeline {
  std::optional<Mark> listen;
  std::optional<Mark> request;
  std::optional<Mark> first_byte;
  std::optional<Mark> response;
  Nanos response_error{};          ///< half-width of the interval `response` lies in
  std::size_t response_bytes = 0;  ///< as received, headers included
  std::vector<std::string> flags;  ///< deviations from the plain method, by name
};

enum class End : std::uint8_t {
  ok,              ///< a complete and valid response
  exited,          ///< the process ended first; the launch finds out how
  timeout,         ///< the deadline passed in `phase`
  refused,         ///< it listened, but nothing could be said: wrong port, connection refused or reset
  wrong_response,  ///< it answered something else; `detail` says what
};

struct Conclusion {
  End end = End::ok;
  const char* phase = "";  ///< listen, request, response: where it ended when not ok
  std::string detail;      ///< for people
  int errno_value = 0;
};

/// What a conversation needs to know of a launch before it starts.
struct Terms {
  std::string function_name;
  function::Workload workload;
  std::optional<std::uint16_t> fixed_port;  ///< the function binds this port whatever it is told
  bool own_network = true;                  ///< a network namespace of its own: every port is free
  bool trap = true;                         ///< `port`: listen(2) can be trapped on this host
  std::string task_root = "/function";      ///< `lambda`: LAMBDA_TASK_ROOT
  std::int64_t memory_limit_mib = 128;      ///< `lambda`: AWS_LAMBDA_FUNCTION_MEMORY_SIZE
};

class Contract {
 public:
  virtual ~Contract() = default;

  /// Environment the function is started with, beside its own.
  [[nodiscard]] virtual std::vector<std::pair<std::string, std::string>> environment() const = 0;
  /// A listening socket to be inherited as descriptor 3, or -1.
  [[nodiscard]] virtual int inherited_listener() const { return -1; }

  /// Where it serves, once converse() ended well; nothing under a contract in which it does not listen.
  [[nodiscard]] virtual std::optional<Address> served_at() const { return std::nullopt; }

  /// From the moment the process was started to the response or whatever else ends it. Never longer than the watch's
  /// deadline. Errors are the launcher's own (a socket call that cannot fail by the function's doing).
  virtual Result<Conclusion> converse(Watch& watch, Timeline& timeline) = 0;
};

/// Makes the sockets of one launch. Off the clock; the calling thread is in the launch's network namespace.
Result<std::unique_ptr<Contract>> open_contract(function::ContractKind kind, const Terms& terms);

}  // namespace frostbyte::contract
