#include "launcher/contract/http.h"

#include <algorithm>
#include <boost/beast/http/string_body.hpp>

#include "launcher/contract/message_parser.h"
#include "launcher/contract/text.h"

namespace frostbyte::contract {
namespace {

namespace http = boost::beast::http;

bool sets(const function::Request& request, std::string_view name) {
  return std::ranges::any_of(request.headers,
                             [&](const auto& header) { return equals_ignoring_case(header.first, name); });
}

/// Methods whose meaning includes a body send its length even when it is 0 (RFC 9110 §8.6).
bool states_length(const function::Request& request) {
  if (sets(request, "Content-Length") || sets(request, "Transfer-Encoding")) return false;
  return !request.body.empty() || request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
}

void add_header(std::string& wire, std::string_view name, std::string_view value) {
  wire.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

std::string to_wire(const function::Request& request, std::string_view host) {
  std::string wire = request.method + " " + request.target + " HTTP/1.1\r\n";
  if (!sets(request, "Host")) add_header(wire, "Host", host);
  for (const auto& [name, value] : request.headers) add_header(wire, name, value);
  if (!sets(request, "Connection")) add_header(wire, "Connection", "close");
  if (states_length(request)) add_header(wire, "Content-Length", std::to_string(request.body.size()));
  return wire + "\r\n" + request.body;
}

struct ResponseReader::Impl {
  using Messages = MessageParser<false, http::string_body>;

  explicit Impl(bool head_request)
      : messages(kHeaderLimit, [head_request](Messages::Parser& parser) {
          parser.body_limit(kBodyLimit);
          parser.skip(head_request);
        }) {}

  void advance();
  void finish_message();
  void refuse_too_large();
  void refuse_malformed();
  void stop(State reached, std::string why) {
    state = reached;
    problem = std::move(why);
  }
  [[nodiscard]] bool speaks_http() const;
  [[nodiscard]] std::string cut_short() const;

  Messages messages;
  std::size_t seen = 0;
  bool skipped_interim = false;
  bool ended = false;
  State state = State::incomplete;
  std::string problem;
  Response response;
};

/// A line is only judged when it is complete, but a program that greets with another protocol may wait for us instead.
bool ResponseReader::Impl::speaks_http() const {
  constexpr std::string_view kProtocol = "HTTP/1.";
  const std::string_view start = messages.rest().substr(0, kProtocol.size());
  return messages.header_done() || start == kProtocol.substr(0, start.size());
}

void ResponseReader::Impl::advance() {
  while (state == State::incomplete) {
    if (!speaks_http()) return refuse_malformed();
    switch (messages.step()) {
      case Step::need_more:
        return;
      case Step::header:
      case Step::body:
        break;
      case Step::complete:
        finish_message();
        break;
      case Step::malformed:
        return refuse_malformed();
      case Step::too_large:
        return refuse_too_large();
    }
  }
}

void ResponseReader::Impl::finish_message() {
  auto& message = messages.parser().get();
  response.status = static_cast<int>(message.result_int());
  // 101 is final: the connection speaks another protocol from here on.
  if (response.status / 100 == 1 && response.status != 101) {
    skipped_interim = true;
    messages.begin_after_interim();
    return;
  }
  for (const auto& field : message) {
    response.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  }
  response.body = std::move(message.body());
  state = State::complete;
}

void ResponseReader::Impl::refuse_too_large() {
  if (messages.error() == http::error::body_limit) return stop(State::too_large, "body exceeds 64 MiB");
  stop(State::too_large, messages.header_done() ? "the header of a chunk exceeds 64 KiB" : "headers exceed 64 KiB");
}

void ResponseReader::Impl::refuse_malformed() {
  if (messages.header_done()) return stop(State::malformed, "malformed body: " + messages.error().message());
  if (speaks_http() && !messages.in_start_line()) {
    return stop(State::malformed, "malformed headers: " + messages.error().message());
  }
  const std::string_view rest = messages.rest();
  stop(State::malformed, "status line is not HTTP: '" + excerpt(rest.substr(0, rest.find_first_of("\r\n"))) + "'");
}

std::string ResponseReader::Impl::cut_short() const {
  if (seen == 0) return "connection closed before any byte";
  const auto& parser = messages.parser();
  if (!messages.header_done()) {
    if (skipped_interim && messages.rest().empty()) return "connection closed after an interim (1xx) response";
    return "headers ended after " + std::to_string(messages.rest().size()) + " bytes";
  }
  const std::string received = std::to_string(parser.get().body().size());
  if (parser.chunked()) return "chunked body ended after " + received + " bytes, before its last chunk";
  return "body ended after " + received + " of " + std::to_string(parser.content_length().value_or(0)) + " bytes";
}

ResponseReader::ResponseReader(std::string_view request_method)
    : impl_(std::make_unique<Impl>(request_method == "HEAD")) {}
ResponseReader::ResponseReader(ResponseReader&&) noexcept = default;
ResponseReader& ResponseReader::operator=(ResponseReader&&) noexcept = default;
ResponseReader::~ResponseReader() = default;

ResponseReader::State ResponseReader::feed(std::string_view bytes) {
  impl_->seen += bytes.size();
  if (impl_->state != State::incomplete || impl_->ended) return impl_->state;
  impl_->messages.append(bytes);
  impl_->advance();
  impl_->messages.compact();
  return impl_->state;
}

ResponseReader::State ResponseReader::end_of_stream() {
  if (impl_->state != State::incomplete || impl_->ended) return impl_->state;
  impl_->ended = true;
  auto& parser = impl_->messages.parser();
  if (parser.is_header_done() && parser.need_eof()) {
    boost::beast::error_code error;
    parser.put_eof(error);
    if (!error) impl_->finish_message();
  }
  if (impl_->state == State::incomplete) impl_->problem = impl_->cut_short();
  return impl_->state;
}

ResponseReader::State ResponseReader::state() const { return impl_->state; }
const std::string& ResponseReader::problem() const { return impl_->problem; }
const Response& ResponseReader::response() const { return impl_->response; }
std::size_t ResponseReader::bytes_seen() const { return impl_->seen; }

}  // namespace frostbyte::contract
