#include "service.h"

#include <array>
#include <ctime>
#include <optional>
#include <utility>

// Without streams, which would bring the locale machinery into a static binary.
#define JSON_NO_IO 1
#include <nlohmann/json.hpp>

namespace service {
namespace {

using Json = nlohmann::ordered_json;
using Handler = Response (*)(const Request&, std::string_view processed_by);

Response hello(const Request&, std::string_view) { return {.content_type = "text/plain", .body = "hello world\n"}; }

Response health(const Request&, std::string_view) { return {.body = R"({"status":"healthy","version":"1.0.0"})"}; }

bool is_list_of_strings(const Json& value) {
  if (!value.is_array()) return false;
  for (const Json& item : value) {
    if (!item.is_string()) return false;
  }
  return true;
}

/// The request as an object with id, user_agent and metadata of their types; nothing otherwise.
std::optional<Json> parse_echo(std::string_view body) {
  Json request = Json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!request.is_object()) return std::nullopt;
  const auto id = request.find("id");
  const auto user_agent = request.find("user_agent");
  const auto metadata = request.find("metadata");
  if (id == request.end() || !id->is_number_unsigned()) return std::nullopt;
  if (user_agent == request.end() || !user_agent->is_string()) return std::nullopt;
  if (metadata == request.end() || !is_list_of_strings(*metadata)) return std::nullopt;
  return request;
}

Response echo(const Request& request, std::string_view processed_by) {
  std::optional<Json> parsed = parse_echo(request.body);
  if (!parsed) return error(400, "expected an object with id, user_agent and metadata");
  Json response;
  response["id"] = std::move((*parsed)["id"]);
  response["user_agent"] = std::move((*parsed)["user_agent"]);
  response["metadata"] = std::move((*parsed)["metadata"]);
  response["server_timestamp"] = std::time(nullptr);
  response["processed_by"] = processed_by;
  response["request"] = request.body;
  return {.body = response.dump()};
}

struct Route {
  std::string_view path;
  std::string_view method;
  Handler handler;
};
constexpr std::array kRoutes = {
    Route{"/", "GET", hello},
    Route{"/health", "GET", health},
    Route{"/echo", "POST", echo},
};

}  // namespace

Response error(int status, std::string_view message) {
  return {.status = status, .body = std::string(R"({"error":")").append(message).append(R"("})")};
}

Response answer(const Request& request, std::string_view processed_by) {
  for (const Route& route : kRoutes) {
    if (route.path != request.path) continue;
    if (route.method == request.method) return route.handler(request, processed_by);
    Response refusal = error(405, "method not allowed");
    refusal.allow = route.method;
    return refusal;
  }
  return error(404, "not found");
}

}  // namespace service
