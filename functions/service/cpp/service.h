// What every C++ function answers, without a transport: cpp-epoll, cpp-beast and cpp-restinio serve it over HTTP,
// cpp-lambda over the Lambda Runtime API. Pure but for the wall clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace service {

/// The largest request body; whoever reads it answers a longer one with `too_large`.
inline constexpr std::uint64_t kBodyLimit = 1u << 20;

struct Request {
  std::string_view method;
  std::string_view path;  ///< without the query
  std::string_view body;
};

struct Response {
  int status = 200;
  std::string_view content_type = "application/json";
  std::string_view allow{};  ///< the methods a 405 names; else empty
  std::string body{};
};

/// A parsed api request whose database query is on its way. Whoever serves it lets kTakes pass, without holding up
/// other requests, and then asks for the response.
struct Query {
  static constexpr std::chrono::milliseconds kTakes{2};

  std::uint64_t id = 0;
  std::string payload;
  std::uint32_t rounds = 0;  ///< of SHA-256: the first over the payload, each further one over the digest before it

  [[nodiscard]] Response finish() const;
};

using Answer = std::variant<Response, Query>;

/// `processed_by` goes into echo's response.
Answer answer(const Request& request, std::string_view processed_by);

/// What is served where; functions with routes of their own ask these first.
struct Route {
  std::string_view path;
  std::string_view method;
  Answer (*handler)(const Request&, std::string_view processed_by);
};
/// The route's answer, or 405 when it is for another method; nothing when no route has the path.
std::optional<Answer> take_route(std::span<const Route> routes, const Request& request, std::string_view processed_by);

/// A response of `status` with body {"error":"…"}. `message` is put in as it is: plain words, nothing to escape.
Response error(int status, std::string_view message);
inline Response too_large() { return error(413, "body too large"); }

}  // namespace service
