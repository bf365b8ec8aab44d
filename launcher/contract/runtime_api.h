// The AWS Lambda Runtime API (2018-06-01) as a pure state machine: bytes of the function's HTTP connections in, bytes
// to send back out, and the events the launch waits for. No sockets, no clock: contract/lambda.cc owns those.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "launcher/contract/http.h"
#include "launcher/function/workload.h"

namespace frostbyte::contract {

/// The one invocation a cold start is measured with.
struct Invocation {
  std::string request_id;
  std::string function_arn;
  std::string trace_id;
  std::int64_t deadline_epoch_ms = 0;
  std::string event;  ///< JSON payload handed to the function
};

/// The API Gateway HTTP API (payload 2.0) event that stands for a workload's request: what a function URL sends.
std::string http_event(const function::Request& request);

/// What the function's response payload means as HTTP: an object with statusCode is taken apart (base64 too); anything
/// else is status 200 with the payload as body, as function URLs do. Errors: malformed statusCode, headers or base64.
Result<Response> http_response(std::string_view payload);

/// What it does depends on the bytes of each connection, never on how they are cut. The first response or error is the
/// outcome; later requests are answered as Lambda answers them but cause no event.
///
/// Serves /2018-06-01/runtime/{invocation/next, invocation/ID/response, invocation/ID/error, init/error} over any
/// number of keep-alive connections. The first `next` is answered with the invocation; later ones are held open, as
/// Lambda does.
class RuntimeApi {
 public:
  enum class Event : std::uint8_t {
    none,
    next,            ///< first `invocation/next` is complete: the function is ready. Its answer is in Output::send
    response_begun,  ///< first byte of a POST that may be the response's has arrived; the last one before `response`
                     ///< was
    response,        ///< the response is complete: `payload()` is set
    error,           ///< invocation error or init error: `error_report()` is set
    protocol_error,  ///< what was sent breaks the protocol: `error_report()` says how. A response may still follow
  };
  struct Output {
    Event event = Event::none;  ///< the most advanced event these bytes caused
    std::string send;           ///< bytes to write back on this connection, in order
    bool close = false;         ///< close the connection once written
  };

  explicit RuntimeApi(Invocation invocation);
  ~RuntimeApi();
  RuntimeApi(RuntimeApi&&) noexcept;
  RuntimeApi& operator=(RuntimeApi&&) noexcept;

  /// Bytes that arrived on connection `id` (any number the caller chooses per accepted socket).
  Output feed(int id, std::string_view bytes);
  /// The function closed connection `id`. Inside a request that is noted in `error_report()`.
  void closed(int id);

  [[nodiscard]] const std::string& payload() const;
  /// errorType and errorMessage of init/error or invocation/ID/error, or the protocol violation, for people.
  [[nodiscard]] const std::string& error_report() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Environment a custom runtime is promised: AWS_LAMBDA_RUNTIME_API, _HANDLER, LAMBDA_TASK_ROOT,
/// AWS_LAMBDA_FUNCTION_NAME …
std::vector<std::pair<std::string, std::string>> runtime_environment(std::string_view api_address,
                                                                     std::string_view function_name,
                                                                     std::string_view task_root,
                                                                     std::int64_t memory_limit_mib);

}  // namespace frostbyte::contract
