// The behaviour follows the Lambda developer guide ("Using the Lambda runtime API for custom runtimes", "Building a
// custom runtime") and, where it is silent, the open-source Runtime Interface Emulator: the order of checks, the error
// types and the states in which a call is allowed.
#include "launcher/contract/runtime_api.h"

#include <boost/beast/http/fields.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "launcher/contract/capped_body.h"
#include "launcher/contract/message_parser.h"
#include "launcher/contract/text.h"

namespace frostbyte::contract {
namespace {

namespace http = boost::beast::http;
using json = nlohmann::json;
using Event = RuntimeApi::Event;
using Output = RuntimeApi::Output;
using Messages = MessageParser<true, CappedBody>;

constexpr std::size_t kHeaderLimit = 64u << 10;
/// "6 MB" in the guide's table of quotas; 100 bytes more is what the emulator lets through.
constexpr std::size_t kPayloadLimit = (6u << 20) + 100;
/// A streamed response may have 200 MB on Lambda; a cold start needs no more than any other response here.
constexpr std::size_t kStreamLimit = ResponseReader::kBodyLimit;

constexpr const char* kErrorTypeHeader = "Lambda-Runtime-Function-Error-Type";
constexpr const char* kErrorBodyTrailer = "Lambda-Runtime-Function-Error-Body";
constexpr const char* kResponseModeHeader = "Lambda-Runtime-Function-Response-Mode";

enum class Route : std::uint8_t { next, response, error, init_error, unknown };

struct Target {
  Route route = Route::unknown;
  std::string_view id;
};

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

/// Request targets may be absolute (RFC 9112 §3.2.2) and may carry a query, which the API has no use for.
std::string_view path_of(std::string_view target) {
  const std::size_t authority = target.starts_with('/') ? std::string_view::npos : target.find("://");
  if (authority != std::string_view::npos) {
    target.remove_prefix(authority + 3);
    target.remove_prefix(std::min(target.size(), target.find('/')));
  }
  return target.substr(0, target.find('?'));
}

Target parse_target(std::string_view target) {
  std::string_view path = path_of(target);
  if (!take_prefix(path, "/2018-06-01/runtime/")) return {};
  if (path == "invocation/next") return {.route = Route::next, .id = {}};
  if (path == "init/error") return {.route = Route::init_error, .id = {}};
  if (!take_prefix(path, "invocation/")) return {};
  const std::size_t slash = path.find('/');
  if (slash == 0 || slash == std::string_view::npos) return {};
  const std::string_view verb = path.substr(slash + 1);
  if (verb == "response") return {.route = Route::response, .id = path.substr(0, slash)};
  if (verb == "error") return {.route = Route::error, .id = path.substr(0, slash)};
  return {};
}

/// What is sent back on a request.
struct Answer {
  int status = 202;
  const char* reason = "Accepted";
  std::string body = R"({"status":"OK"})";
  std::string headers = "Content-Type: application/json\r\n";
};

Answer refusal(int status, const char* reason, std::string_view type, std::string_view message) {
  const nlohmann::ordered_json body = {{"errorMessage", message}, {"errorType", type}};
  return {.status = status, .reason = reason, .body = body.dump()};
}

Answer not_found() {
  return {.status = 404,
          .reason = "Not Found",
          .body = "404 page not found\n",
          .headers = "Content-Type: text/plain; charset=utf-8\r\n"};
}

Answer method_not_allowed(const char* allowed) {
  return {
      .status = 405, .reason = "Method Not Allowed", .body = "", .headers = std::string("Allow: ") + allowed + "\r\n"};
}

Answer invalid_id() { return refusal(400, "Bad Request", "InvalidRequestID", "Invalid request ID"); }
Answer wrong_state() { return refusal(403, "Forbidden", "InvalidStateTransition", "State transition is not allowed"); }

template <class Request>
std::string render(const Answer& answer, const Request& request, bool keep_alive) {
  std::string wire = "HTTP/1.1 " + std::to_string(answer.status) + " " + answer.reason + "\r\n" + answer.headers;
  if (!keep_alive) {
    wire += "Connection: close\r\n";
  } else if (request.version() < 11) {
    wire += "Connection: keep-alive\r\n";
  }
  wire += "Content-Length: " + std::to_string(answer.body.size()) + "\r\n\r\n";
  return request.method() == http::verb::head ? wire : wire + answer.body;
}

std::string member(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// "Runtime.ImportModuleError: no module named x", from the error type header and the usual error document.
std::string describe_error(std::string type, std::string_view body) {
  const json document = json::parse(body, nullptr, false);
  std::string message;
  if (document.is_object()) {
    if (type.empty()) type = member(document, "errorType");
    message = member(document, "errorMessage");
  }
  if (message.empty()) message = std::string(body);
  if (type.empty()) type = "error without a type";
  return excerpt(type, 200) + (message.empty() ? "" : ": " + excerpt(message, 1000));
}

}  // namespace

struct RuntimeApi::Impl {
  struct Connection {
    Connection() : messages(kHeaderLimit, [](Messages::Parser& parser) { parser.body_limit(UINT64_MAX); }) {}

    Messages messages;
    bool begun = false;   ///< a byte of the current request has arrived
    bool held = false;    ///< waits for an invocation that will not come: nothing more is read
    bool closed = false;  ///< told to close: nothing more is read
  };

  explicit Impl(Invocation first) : invocation(std::move(first)) {}

  void read(Connection& connection, Output& output);
  bool begin_request(Connection& connection, Output& output);
  bool take_step(Connection& connection, Output& output);
  void on_header(Connection& connection, Output& output);
  void on_request(Connection& connection, Output& output);
  void on_broken(Connection& connection, Step step, Output& output);
  void reply(Connection& connection, Output& output, const Answer& answer, bool keep_alive);

  std::optional<Answer> refuse(const Target& target, http::verb method) const;
  Answer serve_next(Output& output);
  Answer accept_response(Connection& connection, Output& output);
  Answer accept_error(Connection& connection, const char* what, Output& output);
  std::string stream_error(Messages::Parser& parser) const;

  void settle(Output& output, Event event, std::string text);
  void violated(Output& output, std::string text);
  static void raise(Output& output, Event event) { output.event = std::max(output.event, event); }

  Invocation invocation;
  bool delivered = false;    ///< the invocation was handed out
  bool init_failed = false;  ///< init/error was reported
  bool settled = false;      ///< a response or an error was accepted: the launch has its outcome
  std::string payload;
  std::string report;
  std::map<int, Connection> connections;
};

/// The first outcome stands; whatever a function does after it cannot change what was measured.
void RuntimeApi::Impl::settle(Output& output, Event event, std::string text) {
  if (settled) return;
  settled = true;
  // A violation before a good response came in the same bytes keeps its report.
  if (!text.empty()) report = std::move(text);
  raise(output, event);
}

void RuntimeApi::Impl::violated(Output& output, std::string text) {
  if (settled) return;
  report = std::move(text);
  raise(output, Event::protocol_error);
}

void RuntimeApi::Impl::reply(Connection& connection, Output& output, const Answer& answer, bool keep_alive) {
  output.send += render(answer, connection.messages.parser().get(), keep_alive);
  if (keep_alive) return;
  connection.closed = true;
  output.close = true;
}

void RuntimeApi::Impl::read(Connection& connection, Output& output) {
  while (!connection.held && !connection.closed) {
    if (!connection.begun && !begin_request(connection, output)) return;
    if (!take_step(connection, output)) return;
  }
}

/// False until a byte of the next request is there. Empty lines before a request are skipped (RFC 9112 §2.2).
bool RuntimeApi::Impl::begin_request(Connection& connection, Output& output) {
  const std::string_view rest = connection.messages.rest();
  const std::size_t blank = std::min(rest.find_first_not_of("\r\n"), rest.size());
  const bool is_post = rest.substr(blank).starts_with('P');
  connection.messages.drop(blank);
  if (blank == rest.size()) return false;
  connection.begun = true;
  // Only POST can carry a response; whether it does is known some bytes later, and the stamp cannot wait for them.
  if (is_post && delivered && !settled) raise(output, Event::response_begun);
  return true;
}

/// False when more bytes are needed.
bool RuntimeApi::Impl::take_step(Connection& connection, Output& output) {
  switch (const Step step = connection.messages.step()) {
    case Step::need_more:
      return false;
    case Step::header:
      on_header(connection, output);
      return true;
    case Step::body:
      return true;
    case Step::complete:
      on_request(connection, output);
      return true;
    case Step::malformed:
    case Step::too_large:
      on_broken(connection, step, output);
      return true;
  }
  return false;
}

/// A request with a body has begun. `Expect: 100-continue` is answered even when the body is already there: what is
/// sent must not depend on how fast it arrives.
void RuntimeApi::Impl::on_header(Connection& connection, Output& output) {
  auto& parser = connection.messages.parser();
  auto& request = parser.get();
  const bool streaming = equals_ignoring_case(std::string(request[kResponseModeHeader]), "streaming");
  request.body().limit = streaming ? kStreamLimit : kPayloadLimit;
  if (request.version() < 11 || !equals_ignoring_case(std::string(request[http::field::expect]), "100-continue"))
    return;
  const Target target = parse_target(std::string_view(request.target().data(), request.target().size()));
  const bool too_long = parser.content_length().value_or(0) > request.body().limit;
  if (!too_long && !refuse(target, request.method())) {
    output.send += "HTTP/1.1 100 Continue\r\n\r\n";
    return;
  }
  // The body will not come, or will come regardless; only closing tells what follows apart.
  request.keep_alive(false);
  request.body().over = too_long;
  on_request(connection, output);
}

void RuntimeApi::Impl::on_request(Connection& connection, Output& output) {
  auto& parser = connection.messages.parser();
  auto& request = parser.get();
  const std::string text(request.target());
  const Target target = parse_target(text);
  const bool keep_alive = request.keep_alive();
  if (const auto refused = refuse(target, request.method())) {
    violated(output, std::string(request.method_string()) + " " + excerpt(text, 100) + " was answered with " +
                         std::to_string(refused->status) + " " + refused->reason);
    reply(connection, output, *refused, keep_alive);
  } else if (target.route == Route::next) {
    connection.held = delivered;
    if (!connection.held) reply(connection, output, serve_next(output), keep_alive);
  } else if (target.route == Route::response) {
    reply(connection, output, accept_response(connection, output), keep_alive);
  } else {
    const bool init = target.route == Route::init_error;
    reply(connection, output, accept_error(connection, init ? "initialization error: " : "invocation error: ", output),
          keep_alive);
    init_failed |= init;
  }
  connection.messages.begin();
  connection.begun = false;
}

void RuntimeApi::Impl::on_broken(Connection& connection, Step step, Output& output) {
  Answer answer = refusal(400, "Bad Request", "MalformedRequest", "The request is not HTTP");
  std::string why = "the request is not HTTP: " + connection.messages.error().message();
  if (step == Step::too_large && connection.messages.header_done()) {
    why = "the header of a chunk exceeds 64 KiB";
  } else if (step == Step::too_large) {
    answer = refusal(431, "Request Header Fields Too Large", "HeaderTooLarge", "The header exceeds 64 KiB");
    why = "the request's headers exceed 64 KiB";
  } else if (connection.messages.in_start_line()) {
    const std::string_view rest = connection.messages.rest();
    why = "the request line is not HTTP: '" + excerpt(rest.substr(0, rest.find_first_of("\r\n"))) + "'";
  }
  violated(output, why);
  reply(connection, output, answer, false);
}

/// Why a request is not served, in the order the emulator checks: path, method, request id, state.
std::optional<Answer> RuntimeApi::Impl::refuse(const Target& target, http::verb method) const {
  if (target.route == Route::unknown) return not_found();
  const bool get = target.route == Route::next;
  if (method != (get ? http::verb::get : http::verb::post)) return method_not_allowed(get ? "GET" : "POST");
  if (get) return init_failed ? std::optional(wrong_state()) : std::nullopt;
  if (target.route == Route::init_error) return delivered || init_failed ? std::optional(wrong_state()) : std::nullopt;
  if (!delivered || target.id != invocation.request_id) return invalid_id();
  return settled ? std::optional(wrong_state()) : std::nullopt;
}

Answer RuntimeApi::Impl::serve_next(Output& output) {
  delivered = true;
  raise(output, Event::next);
  Answer answer{.status = 200, .reason = "OK", .body = invocation.event};
  answer.headers += "Lambda-Runtime-Aws-Request-Id: " + invocation.request_id + "\r\n";
  answer.headers += "Lambda-Runtime-Deadline-Ms: " + std::to_string(invocation.deadline_epoch_ms) + "\r\n";
  answer.headers += "Lambda-Runtime-Invoked-Function-Arn: " + invocation.function_arn + "\r\n";
  answer.headers += "Lambda-Runtime-Trace-Id: " + invocation.trace_id + "\r\n";
  return answer;
}

/// A stream that fails midway says so in trailers (guide: "Response streaming with custom runtimes").
std::string RuntimeApi::Impl::stream_error(Messages::Parser& parser) const {
  const std::string type(parser.get()[kErrorTypeHeader]);
  if (!parser.chunked() || type.empty()) return {};
  const std::string body(parser.get()[kErrorBodyTrailer]);
  return "the response stream failed: " + describe_error(type, base64_decode(body).value_or(body));
}

Answer RuntimeApi::Impl::accept_response(Connection& connection, Output& output) {
  auto& parser = connection.messages.parser();
  auto& request = parser.get();
  const std::string mode(request[kResponseModeHeader]);
  if (!mode.empty() && !equals_ignoring_case(mode, "streaming")) {
    settle(output, Event::error, "Runtime.InvalidResponseModeHeader: '" + excerpt(mode) + "'");
    return refusal(400, "Bad Request", "InvalidFunctionResponseMode", "Invalid function response mode");
  }
  if (request.body().over) {
    const std::string limit = std::to_string(request.body().limit);
    settle(output, Event::error, "Function.ResponseSizeTooLarge: the response exceeds " + limit + " bytes");
    return refusal(413, "Payload Too Large", "RequestEntityTooLarge",
                   "Exceeded maximum allowed payload size (" + limit + " bytes).");
  }
  payload = std::move(request.body().text);
  const std::string failed = stream_error(parser);
  settle(output, failed.empty() ? Event::response : Event::error, failed);
  return {};
}

Answer RuntimeApi::Impl::accept_error(Connection& connection, const char* what, Output& output) {
  auto& request = connection.messages.parser().get();
  settle(output, Event::error, what + describe_error(std::string(request[kErrorTypeHeader]), request.body().text));
  return {};
}

RuntimeApi::RuntimeApi(Invocation invocation) : impl_(std::make_unique<Impl>(std::move(invocation))) {}
RuntimeApi::~RuntimeApi() = default;
RuntimeApi::RuntimeApi(RuntimeApi&&) noexcept = default;
RuntimeApi& RuntimeApi::operator=(RuntimeApi&&) noexcept = default;

RuntimeApi::Output RuntimeApi::feed(int id, std::string_view bytes) {
  Output output;
  Impl::Connection& connection = impl_->connections[id];
  if (connection.held || connection.closed) return output;
  connection.messages.append(bytes);
  impl_->read(connection, output);
  connection.messages.compact();
  return output;
}

void RuntimeApi::closed(int id) {
  const auto found = impl_->connections.find(id);
  if (found == impl_->connections.end()) return;
  const auto& connection = found->second;
  if (connection.begun && !connection.closed && impl_->delivered && !impl_->settled) {
    impl_->report = "the connection was closed inside a request";
  }
  impl_->connections.erase(found);
}

const std::string& RuntimeApi::payload() const { return impl_->payload; }
const std::string& RuntimeApi::error_report() const { return impl_->report; }

}  // namespace frostbyte::contract
