#include "service.h"

// EVP would link every algorithm that OpenSSL provides, five times this program; the functions below it are deprecated
// for programs that are not to choose an implementation, which is no concern here.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

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

Answer hello(const Request&, std::string_view) {
  return Response{.content_type = "text/plain", .body = "hello world\n"};
}

Answer health(const Request&, std::string_view) {
  return Response{.body = R"({"status":"healthy","version":"1.0.0"})"};
}

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

Answer echo(const Request& request, std::string_view processed_by) {
  std::optional<Json> parsed = parse_echo(request.body);
  if (!parsed) return error(400, "expected an object with id, user_agent and metadata");
  Json response;
  response["id"] = std::move((*parsed)["id"]);
  response["user_agent"] = std::move((*parsed)["user_agent"]);
  response["metadata"] = std::move((*parsed)["metadata"]);
  response["server_timestamp"] = std::time(nullptr);
  response["processed_by"] = processed_by;
  response["request"] = request.body;
  return Response{.body = response.dump()};
}

/// What one request may ask for, so that none can keep a processor for long.
constexpr std::uint64_t kMostRounds = 10'000;

Answer api(const Request& request, std::string_view) {
  const Json parsed = Json::parse(request.body, nullptr, /*allow_exceptions=*/false);
  const auto refusal = error(400, "expected an object with id, payload and rounds");
  if (!parsed.is_object()) return refusal;
  const auto id = parsed.find("id");
  const auto payload = parsed.find("payload");
  const auto rounds = parsed.find("rounds");
  if (id == parsed.end() || !id->is_number_unsigned()) return refusal;
  if (payload == parsed.end() || !payload->is_string()) return refusal;
  if (rounds == parsed.end() || !rounds->is_number_unsigned()) return refusal;
  const auto number = rounds->get<std::uint64_t>();
  if (number < 1 || number > kMostRounds) return refusal;
  return Query{.id = *id, .payload = *payload, .rounds = static_cast<std::uint32_t>(number)};
}

using Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

Digest sha256(const void* bytes, std::size_t size) {
  Digest digest;
  SHA256_CTX context;
  SHA256_Init(&context);
  SHA256_Update(&context, bytes, size);
  SHA256_Final(digest.data(), &context);
  return digest;
}

std::string hex(const Digest& digest) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : digest) (text += kDigits[byte >> 4]) += kDigits[byte & 15];
  return text;
}

constexpr std::array kRoutes = {
    Route{"/", "GET", hello},
    Route{"/health", "GET", health},
    Route{"/echo", "POST", echo},
    Route{"/api", "POST", api},
};

}  // namespace

Response error(int status, std::string_view message) {
  return {.status = status, .body = std::string(R"({"error":")").append(message).append(R"("})")};
}

Response Query::finish() const {
  Digest digest = sha256(payload.data(), payload.size());
  for (std::uint32_t round = 1; round < rounds; ++round) digest = sha256(digest.data(), digest.size());
  Json response;
  response["id"] = id;
  response["rounds"] = rounds;
  response["sha256"] = hex(digest);
  return {.body = response.dump()};
}

std::optional<Answer> take_route(std::span<const Route> routes, const Request& request, std::string_view processed_by) {
  for (const Route& route : routes) {
    if (route.path != request.path) continue;
    if (route.method == request.method) return route.handler(request, processed_by);
    Response refusal = error(405, "method not allowed");
    refusal.allow = route.method;
    return refusal;
  }
  return std::nullopt;
}

Answer answer(const Request& request, std::string_view processed_by) {
  auto taken = take_route(kRoutes, request, processed_by);
  return taken ? *std::move(taken) : error(404, "not found");
}

}  // namespace service
