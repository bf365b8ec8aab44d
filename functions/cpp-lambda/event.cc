#include "event.h"

#include <array>
#include <cstdint>

#define JSON_NO_IO 1
#include <nlohmann/json.hpp>

namespace {

using Json = nlohmann::ordered_json;

/// The value at `path`, or null when anything on the way is missing.
const Json& at(const Json& value, std::initializer_list<const char*> path) {
  static const Json kNull;
  const Json* here = &value;
  for (const char* key : path) {
    const auto found = here->is_object() ? here->find(key) : here->end();
    if (found == here->end()) return kNull;
    here = &*found;
  }
  return *here;
}

int base64_value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

std::optional<std::string> decode_base64(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  std::string decoded;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    const int value = base64_value(c);
    if (value < 0) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    decoded += static_cast<char>(bits >> held & 0xff);
  }
  return decoded;
}

}  // namespace

std::optional<Event> parse_event(std::string_view json) {
  const Json event = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  const Json& method = at(event, {"requestContext", "http", "method"});
  const Json& path = at(event, {"rawPath"});
  const Json& body = at(event, {"body"});
  if (!method.is_string() || !path.is_string()) return std::nullopt;
  std::optional<std::string> text = body.is_string() ? body.get<std::string>() : std::string();
  if (at(event, {"isBase64Encoded"}) == true) text = decode_base64(*text);
  if (!text) return std::nullopt;
  return Event{.method = method, .path = path, .body = std::move(*text)};
}

std::string to_payload(const service::Response& response) {
  Json headers = {{"Content-Type", response.content_type}};
  if (!response.allow.empty()) headers["Allow"] = response.allow;
  const Json payload = {{"statusCode", response.status}, {"headers", std::move(headers)}, {"body", response.body}};
  return payload.dump(-1, ' ', false, Json::error_handler_t::replace);
}
