// HTTP/1.1 as the launcher speaks it: one request as bytes, one response read to its end, one verdict on it.
// Pure: no sockets, no clock. The bytes are parsed by Boost.Beast.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "launcher/function/workload.h"

namespace frostbyte::contract {

/// The request's bytes: Host, Connection: close and Content-Length are added unless the workload sets them.
std::string to_wire(const function::Request& request, std::string_view host);

struct Response {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

/// Reads one response as bytes arrive. Bounded: header and body limits are part of the type's promise.
class ResponseReader {
 public:
  static constexpr std::size_t kHeaderLimit = 64u << 10;
  static constexpr std::size_t kBodyLimit = 64u << 20;
  enum class State : std::uint8_t { incomplete, complete, malformed, too_large };

  /// `head_request`: the response has no body whatever its headers say.
  explicit ResponseReader(std::string_view request_method);
  ResponseReader(ResponseReader&&) noexcept;
  ResponseReader& operator=(ResponseReader&&) noexcept;
  ~ResponseReader();

  /// Takes the next bytes. 1xx responses are skipped.
  State feed(std::string_view bytes);
  /// The peer closed. Completes a response whose length is "until close"; else the state says what was missing.
  State end_of_stream();
  [[nodiscard]] State state() const;
  /// For malformed/too_large/cut short: what was wrong, for people: "body ended after 12 of 100 bytes".
  [[nodiscard]] const std::string& problem() const;
  /// Valid when complete.
  [[nodiscard]] const Response& response() const;
  [[nodiscard]] std::size_t bytes_seen() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Why `response` is not what was expected, for people ("status 500, expected 200"); nothing when it is.
/// JSON expectations compare values, not text; volatile fields must be there with the expected type.
std::optional<std::string> mismatch(const Response& response, const function::Expectation& expectation);

}  // namespace frostbyte::contract
