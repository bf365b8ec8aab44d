#include "runtime_api.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/beast/http/basic_parser.hpp>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace {

namespace beast = boost::beast::http;
using View = boost::beast::string_view;
using ParseError = boost::beast::error_code;

constexpr std::string_view kPrefix = "/2018-06-01/runtime/";
/// What Lambda allows a synchronous payload to be, and room for its JSON escapes.
constexpr std::uint64_t kBodyLimit = 16u << 20;

class ReplyReader : public beast::basic_parser<false> {
 public:
  ReplyReader() {
    eager(true);
    header_limit(64u << 10);
    body_limit(kBodyLimit);
  }
  unsigned status = 0;
  std::string request_id;
  std::string body;

 private:
  void on_response_impl(int code, View, int, ParseError&) override { status = static_cast<unsigned>(code); }
  void on_field_impl(beast::field, View name, View value, ParseError&) override {
    if (boost::beast::iequals(name, "Lambda-Runtime-Aws-Request-Id")) request_id.assign(value.data(), value.size());
  }
  std::size_t on_body_impl(View bytes, ParseError&) override {
    body.append(bytes.data(), bytes.size());
    return bytes.size();
  }
  std::size_t on_chunk_body_impl(std::uint64_t, View bytes, ParseError& error) override {
    return on_body_impl(bytes, error);
  }
  void on_request_impl(beast::verb, View, View, int, ParseError&) override {}
  void on_header_impl(ParseError&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, ParseError&) override {}
  void on_chunk_header_impl(std::uint64_t, View, ParseError&) override {}
  void on_finish_impl(ParseError&) override {}
};

/// "127.0.0.1:9001" or "localhost:9001". Numeric only, as Lambda's is: a resolver would be the larger part of start-up.
std::optional<sockaddr_in> parse_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == text.npos) return std::nullopt;
  std::string host(text.substr(0, colon));
  if (host == "localhost") host = "127.0.0.1";
  std::uint16_t port = 0;
  const auto parsed = std::from_chars(text.data() + colon + 1, text.data() + text.size(), port);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  const bool whole = parsed.ec == std::errc{} && parsed.ptr == text.data() + text.size() && port != 0;
  if (!whole || inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) return std::nullopt;
  return address;
}

/// The messages reported here are our own words: quotes and backslashes are all there could be to escape.
std::string error_document(std::string_view type, std::string_view message) {
  std::string json = R"({"errorMessage":")";
  for (const char c : message) {
    if (c == '"' || c == '\\') json += '\\';
    json += c;
  }
  return json.append(R"(","errorType":")").append(type).append(R"(","stackTrace":[]})");
}

}  // namespace

RuntimeApi::~RuntimeApi() { disconnect(); }

std::optional<Invocation> RuntimeApi::next() {
  std::string request("GET ");
  request.append(kPrefix).append("invocation/next HTTP/1.1\r\nHost: ").append(address_).append("\r\n\r\n");
  auto reply = exchange(request);
  if (!reply) return std::nullopt;
  if (reply->status != 200 || reply->request_id.empty()) {
    problem_ = "invocation/next: no invocation in a reply of status " + std::to_string(reply->status);
    return std::nullopt;
  }
  return Invocation{.request_id = std::move(reply->request_id), .event = std::move(reply->body)};
}

bool RuntimeApi::respond(std::string_view request_id, std::string_view payload) {
  return post(
      {.path = std::string("invocation/").append(request_id).append("/response"), .error_type = {}, .body = payload});
}

bool RuntimeApi::report_error(std::string_view request_id, std::string_view type, std::string_view message) {
  const std::string document = error_document(type, message);
  return post(
      {.path = std::string("invocation/").append(request_id).append("/error"), .error_type = type, .body = document});
}

bool RuntimeApi::report_init_error(std::string_view type, std::string_view message) {
  const std::string document = error_document(type, message);
  return post({.path = "init/error", .error_type = type, .body = document});
}

bool RuntimeApi::post(const Post& post) {
  std::string request("POST ");
  request.append(kPrefix).append(post.path).append(" HTTP/1.1\r\nHost: ").append(address_);
  request.append("\r\nContent-Type: application/json\r\nContent-Length: ").append(std::to_string(post.body.size()));
  if (!post.error_type.empty()) request.append("\r\nLambda-Runtime-Function-Error-Type: ").append(post.error_type);
  request.append("\r\n\r\n").append(post.body);
  const auto reply = exchange(request);
  if (!reply) return false;
  if (reply->status == 202) return true;
  problem_ = post.path + ": status " + std::to_string(reply->status) + " instead of 202";
  return false;
}

std::optional<RuntimeApi::Reply> RuntimeApi::exchange(std::string_view request) {
  if (socket_ < 0 && !connect()) return std::nullopt;
  auto reply = send_all(request) ? receive() : std::nullopt;
  if (!reply || !reply->keep_alive) disconnect();
  return reply;
}

bool RuntimeApi::connect() {
  const auto address = parse_address(address_);
  if (!address) {
    problem_ = "AWS_LAMBDA_RUNTIME_API is not an IPv4 address with a port: '" + address_ + "'";
    return false;
  }
  socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0) {
    fail("connect to");
    disconnect();
    return false;
  }
  const int on = 1;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return true;
}

void RuntimeApi::disconnect() {
  if (socket_ >= 0) close(socket_);
  socket_ = -1;
}

bool RuntimeApi::send_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return fail("send to");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::optional<RuntimeApi::Reply> RuntimeApi::receive() {
  ReplyReader reader;
  std::string unused;
  ParseError error;
  while (!reader.is_done()) {
    char bytes[16u << 10];
    const ssize_t got = recv(socket_, bytes, sizeof bytes, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail("receive from"), std::nullopt;
    if (got == 0) {
      reader.put_eof(error);
      if (reader.is_done()) break;
      problem_ = "the Runtime API closed the connection";
      return std::nullopt;
    }
    unused.append(bytes, static_cast<std::size_t>(got));
    unused.erase(0, reader.put(boost::asio::buffer(unused), error));
    if (error && error != beast::error::need_more) {
      problem_ = "malformed reply from the Runtime API: " + error.message();
      return std::nullopt;
    }
  }
  return Reply{.status = reader.status,
               .keep_alive = reader.keep_alive(),
               .request_id = std::move(reader.request_id),
               .body = std::move(reader.body)};
}

bool RuntimeApi::fail(std::string_view operation) {
  problem_ = std::string("cannot ").append(operation).append(" ").append(address_).append(": ");
  problem_ += std::strerror(errno);
  return false;
}
