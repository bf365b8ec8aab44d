// What this function answers to hello, health and echo, without a transport: cpp-epoll serves it over HTTP, cpp-lambda
// over the Lambda Runtime API. Pure but for the wall clock.
#pragma once

#include <string>
#include <string_view>

namespace service {

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

/// `processed_by` goes into echo's response.
Response answer(const Request& request, std::string_view processed_by);

/// A response of `status` with body {"error":"…"}. `message` is put in as it is: plain words, nothing to escape.
Response error(int status, std::string_view message);

}  // namespace service
