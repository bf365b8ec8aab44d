// API Gateway HTTP API events (payload format 2.0), which is also what function URLs send, to and from a service's
// words.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "../service/cpp/service.h"

struct Event {
  std::string method;
  std::string path;
  std::string body;  ///< decoded when it came as base64
};

/// Nothing when it is not such an event.
std::optional<Event> parse_event(std::string_view json);

/// {"statusCode":…,"headers":{…},"body":"…"}
std::string to_payload(const service::Response& response);
