#include "session.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/http/write.hpp>
#include <variant>

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::beast::error_code;

namespace {

constexpr std::string_view kName = "cpp-beast";
constexpr std::chrono::seconds kIdle{60};
constexpr std::uint32_t kHeaderLimit = 64u << 10;
/// How much of a refused request is read after the refusal, so that the client gets to see it instead of a reset.
constexpr std::size_t kLingerLimit = 64u << 20;

auto into(error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

boost::beast::string_view view(std::string_view text) { return {text.data(), text.size()}; }

http::response<http::string_body> to_reply(service::Response response, unsigned version, bool keep_alive) {
  http::response<http::string_body> reply(static_cast<http::status>(response.status), version);
  reply.set(http::field::content_type, view(response.content_type));
  if (!response.allow.empty()) reply.set(http::field::allow, view(response.allow));
  reply.keep_alive(keep_alive);
  reply.body() = std::move(response.body);
  reply.prepare_payload();
  return reply;
}

service::Response refusal(error_code error) {
  if (error == http::error::body_limit) return service::too_large();
  if (error == http::error::header_limit) return service::error(431, "header too large");
  return service::error(400, "malformed request");
}

/// What is wrong with the bytes, as against with the connection.
bool is_malformed(error_code error) {
  return error && error.category() == http::make_error_code(http::error::bad_method).category() &&
         error != http::error::end_of_stream && error != http::error::partial_message;
}

}  // namespace

asio::awaitable<void> Session::run() {
  Next next;
  do next = co_await exchange();
  while (next == Next::another && !draining_);
  error_code ignored;
  stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  if (next == Next::linger) co_await linger();
}

void Session::end_if_idle() {
  if (parser_ && !parser_->got_some() && buffer_.size() == 0) stream_.cancel();
}

asio::awaitable<Session::Next> Session::exchange() {
  stream_.expires_after(kIdle);
  if (const error_code error = co_await receive()) co_return co_await refuse(error);
  Request::Timer timer;
  auto response = co_await answer();
  const auto& request = parser_->get();
  metrics_.count({.method = view(request.method_string()), .path = view(request.target()), .status = response.status},
                 timer.elapsed());
  const bool keep_alive = request.keep_alive() && !draining_;
  const bool sent = co_await send(to_reply(std::move(response), request.version(), keep_alive));
  co_return sent&& keep_alive ? Next::another : Next::close;
}

asio::awaitable<error_code> Session::receive() {
  parser_.emplace();
  parser_->header_limit(kHeaderLimit);
  parser_->body_limit(service::kBodyLimit);
  error_code error;
  co_await http::async_read_header(stream_, buffer_, *parser_, into(error));
  if (error) co_return error;
  if (boost::beast::iequals(parser_->get()[http::field::expect], "100-continue")) {
    http::response<http::empty_body> go_on(http::status::continue_, parser_->get().version());
    co_await http::async_write(stream_, go_on, into(error));
    if (error) co_return error;
  }
  if (!parser_->is_done()) co_await http::async_read(stream_, buffer_, *parser_, into(error));
  co_return error;
}

asio::awaitable<service::Response> Session::answer() {
  const auto& request = parser_->get();
  const std::string_view target = view(request.target());
  const std::string_view path = target.substr(0, target.find('?'));
  if (path == "/metrics" && request.method() == http::verb::get) co_return metrics_.expose();
  auto answered =
      service::answer({.method = view(request.method_string()), .path = path, .body = request.body()}, kName);
  if (const auto* query = std::get_if<service::Query>(&answered)) {
    asio::steady_timer timer(stream_.get_executor(), service::Query::kTakes);
    error_code error;
    co_await timer.async_wait(into(error));
    co_return query->finish();
  }
  co_return std::get<service::Response>(std::move(answered));
}

asio::awaitable<Session::Next> Session::refuse(error_code error) {
  if (!is_malformed(error)) co_return Next::close;
  co_await send(to_reply(refusal(error), 11, /*keep_alive=*/false));
  co_return Next::linger;
}

asio::awaitable<bool> Session::send(Reply reply) {
  error_code error;
  co_await http::async_write(stream_, reply, into(error));
  co_return !error;
}

/// Closing a socket with unread bytes resets the connection and can take the response back with it (RFC 9112 §9.6).
asio::awaitable<void> Session::linger() {
  std::size_t discarded = 0;
  error_code error;
  while (!error && discarded < kLingerLimit) {
    char bytes[16u << 10];
    discarded += co_await stream_.async_read_some(asio::buffer(bytes), into(error));
  }
}
