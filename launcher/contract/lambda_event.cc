// HTTP in and out of Lambda's JSON: API Gateway's payload format 2.0, as function URLs use it.
#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>

#include "launcher/contract/runtime_api.h"
#include "launcher/contract/text.h"

namespace frostbyte::contract {
namespace {

using json = nlohmann::json;
using ordered_json = nlohmann::ordered_json;

constexpr const char* kHost = "frostbyte.lambda-url.us-east-1.on.aws";

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string decode_query_part(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape =
        text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0;
    if (escape) {
      result += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
      i += 2;
    } else {
      result += text[i] == '+' ? ' ' : text[i];
    }
  }
  return result;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t at = std::min(text.find(separator), text.size());
    if (at > 0) parts.push_back(text.substr(0, at));
    text.remove_prefix(std::min(text.size(), at + 1));
  }
  return parts;
}

/// Repeated names are joined with commas; format 2.0 has no multi-value fields.
void add_joined(std::map<std::string, std::string>& values, const std::string& name, const std::string& value) {
  const auto [entry, fresh] = values.emplace(name, value);
  if (!fresh) entry->second += "," + value;
}

std::map<std::string, std::string> query_parameters(std::string_view query) {
  std::map<std::string, std::string> parameters;
  for (const std::string_view part : split(query, '&')) {
    const std::size_t equals = std::min(part.find('='), part.size());
    const std::string_view value = equals < part.size() ? part.substr(equals + 1) : std::string_view();
    add_joined(parameters, decode_query_part(part.substr(0, equals)), decode_query_part(value));
  }
  return parameters;
}

/// What API Gateway hands on as text; everything else, and a body without a type, is base64. So is a body that lies
/// about being text, as JSON could not carry it.
bool is_text(std::string_view content_type, std::string_view body) {
  constexpr std::array<std::string_view, 3> kTexts = {"application/json", "application/xml", "application/javascript"};
  const std::string type = lower_case(content_type.substr(0, content_type.find_first_of("; ")));
  return (type.starts_with("text/") || std::ranges::find(kTexts, type) != kTexts.end()) && is_utf8(body);
}

struct Headers {
  std::map<std::string, std::string> joined;
  std::vector<std::string> cookies;
};

Headers collect_headers(const function::Request& request) {
  Headers headers;
  for (const auto& [name, value] : request.headers) {
    const std::string key = lower_case(name);
    if (key != "cookie") {
      add_joined(headers.joined, key, value);
      continue;
    }
    for (std::string_view cookie : split(value, ';')) {
      cookie.remove_prefix(std::min(cookie.find_first_not_of(' '), cookie.size()));
      if (!cookie.empty()) headers.cookies.emplace_back(cookie);
    }
  }
  headers.joined.emplace("host", kHost);
  headers.joined.emplace("x-forwarded-for", "127.0.0.1");
  headers.joined.emplace("x-forwarded-port", "443");
  headers.joined.emplace("x-forwarded-proto", "https");
  if (!request.body.empty()) headers.joined.emplace("content-length", std::to_string(request.body.size()));
  return headers;
}

std::string value_of(const std::map<std::string, std::string>& headers, const std::string& name) {
  const auto found = headers.find(name);
  return found != headers.end() ? found->second : std::string();
}

/// Identifiers and times are constants: the event's bytes are the same for every launch of a workload.
ordered_json request_context(const function::Request& request, const std::string& path, const Headers& headers) {
  return {{"accountId", "anonymous"},
          {"apiId", "frostbyte"},
          {"domainName", value_of(headers.joined, "host")},
          {"domainPrefix", "frostbyte"},
          {"http",
           {{"method", request.method},
            {"path", path},
            {"protocol", "HTTP/1.1"},
            {"sourceIp", "127.0.0.1"},
            {"userAgent", value_of(headers.joined, "user-agent")}}},
          {"requestId", "e1506fd5-9e7b-434f-bd42-4f8fa224b599"},
          {"routeKey", "$default"},
          {"stage", "$default"},
          {"time", "01/Jan/2024:00:00:00 +0000"},
          {"timeEpoch", 1704067200000}};
}

Failure bad_response(std::string cause) { return failure("read the response of", "the function", std::move(cause)); }

Result<int> read_status(const json& value) {
  std::int64_t status = 0;
  if (value.is_number_integer()) {
    status = value.get<std::int64_t>();
  } else if (value.is_string()) {  // accepted by API Gateway, and sent by runtimes that stringify everything
    const auto& text = value.get_ref<const std::string&>();
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), status);
    if (error != std::errc() || end != text.data() + text.size()) status = 0;
  }
  if (status >= 100 && status <= 599) return static_cast<int>(status);
  // Containers are not written out: a hostile one can be deeper than the stack.
  if (value.is_structured()) return bad_response(std::string("statusCode is an ") + value.type_name());
  return bad_response("statusCode is " + excerpt(value.dump(-1, ' ', true, json::error_handler_t::replace)));
}

/// Only `headers` and `cookies`: format 2.0 ignores multiValueHeaders.
Result<void> read_headers(const json& document, Response& response) {
  const json headers = document.value("headers", json::object());
  if (!headers.is_object() && !headers.is_null()) return bad_response("headers is no object");
  for (const auto& [name, value] : headers.items()) {
    if (value.is_structured() || value.is_null()) return bad_response("header '" + excerpt(name) + "' is no string");
    response.headers.emplace_back(name, value.is_string() ? value.get<std::string>() : value.dump());
  }
  const json cookies = document.value("cookies", json::array());
  if (!cookies.is_array() && !cookies.is_null()) return bad_response("cookies is no array");
  for (const json& cookie : cookies) {
    if (!cookie.is_string()) return bad_response("a cookie is no string");
    response.headers.emplace_back("set-cookie", cookie.get<std::string>());
  }
  return {};
}

Result<std::string> read_body(const json& document) {
  const json body = document.value("body", json(""));
  if (body.is_null()) return std::string();
  if (!body.is_string()) return bad_response("body is no string; a JSON body is sent as its text");
  const json encoded = document.value("isBase64Encoded", json(false));
  if (!encoded.is_boolean() && !encoded.is_null()) return bad_response("isBase64Encoded is no boolean");
  if (encoded != json(true)) return body.get<std::string>();
  auto bytes = base64_decode(body.get_ref<const std::string&>());
  if (!bytes) return bad_response("body is not base64, though isBase64Encoded says so");
  return *std::move(bytes);
}

/// A streamed HTTP response: status and headers as JSON, eight NUL bytes, the body as it is. JSON cannot hold a NUL, so
/// the separator cannot be part of a payload that is plain JSON.
Result<Response> streamed_response(const json& prelude, std::string_view body) {
  Response response{.status = 200, .headers = {}, .body = std::string(body)};
  if (prelude.contains("statusCode")) response.status = TRY(read_status(prelude["statusCode"]));
  TRY(read_headers(prelude, response));
  return response;
}

}  // namespace

std::string http_event(const function::Request& request) {
  const std::size_t question = std::min(request.target.find('?'), request.target.size());
  const std::string path = request.target.substr(0, question);
  const std::string query = question < request.target.size() ? request.target.substr(question + 1) : "";
  const Headers headers = collect_headers(request);
  ordered_json event = {{"version", "2.0"}, {"routeKey", "$default"}, {"rawPath", path}, {"rawQueryString", query}};
  if (!headers.cookies.empty()) event["cookies"] = headers.cookies;
  event["headers"] = headers.joined;
  if (!query.empty()) event["queryStringParameters"] = query_parameters(query);
  event["requestContext"] = request_context(request, path, headers);
  const bool text = is_text(value_of(headers.joined, "content-type"), request.body);
  if (!request.body.empty()) event["body"] = text ? request.body : base64_encode(request.body);
  event["isBase64Encoded"] = !request.body.empty() && !text;
  return event.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

Result<Response> http_response(std::string_view payload) {
  const std::size_t separator = payload.find(std::string_view("\0\0\0\0\0\0\0\0", 8));
  if (separator != std::string_view::npos) {
    const json prelude = json::parse(payload.substr(0, separator), nullptr, false);
    if (prelude.is_object()) return streamed_response(prelude, payload.substr(separator + 8));
  }
  const json document = json::parse(payload, nullptr, false);
  if (!document.is_object() || !document.contains("statusCode")) {
    return Response{.status = 200, .headers = {{"content-type", "application/json"}}, .body = std::string(payload)};
  }
  Response response;
  response.status = TRY(read_status(document["statusCode"]));
  TRY(read_headers(document, response));
  response.body = TRY(read_body(document));
  return response;
}

/// "Defined runtime environment variables" of the developer guide, for an OS-only runtime. Left out: credentials, which
/// nothing here could honour, and LD_LIBRARY_PATH, whose directories this host does not have and every exec would
/// search.
std::vector<std::pair<std::string, std::string>> runtime_environment(std::string_view api_address,
                                                                     std::string_view function_name,
                                                                     std::string_view task_root,
                                                                     std::int64_t memory_limit_mib) {
  constexpr std::int64_t kLargestFunctionMib = 10240;
  const std::string name(function_name);
  const std::int64_t memory = memory_limit_mib > 0 ? memory_limit_mib : kLargestFunctionMib;
  return {{"AWS_LAMBDA_RUNTIME_API", std::string(api_address)},
          {"_HANDLER", "function.handler"},
          {"LAMBDA_TASK_ROOT", std::string(task_root)},
          {"LAMBDA_RUNTIME_DIR", "/var/runtime"},
          {"AWS_LAMBDA_FUNCTION_NAME", name},
          {"AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"},
          {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE", std::to_string(memory)},
          {"AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"},
          {"AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/" + name},
          {"AWS_LAMBDA_LOG_STREAM_NAME", "2024/01/01/[$LATEST]00000000000000000000000000000000"},
          {"AWS_REGION", "us-east-1"},
          {"AWS_DEFAULT_REGION", "us-east-1"},
          {"LANG", "en_US.UTF-8"},
          {"TZ", ":UTC"},
          {"PATH", "/usr/local/bin:/usr/bin/:/bin:/opt/bin"}};
}

}  // namespace frostbyte::contract
