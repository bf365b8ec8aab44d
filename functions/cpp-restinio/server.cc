#include "server.h"

#include <boost/asio/ip/tcp.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <memory>
#include <utility>
#include <variant>

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr std::string_view kName = "cpp-restinio";
constexpr std::chrono::seconds kIdle{60};
constexpr std::chrono::seconds kDrain{5};
/// Beyond this RESTinio closes without an answer. Below, and above service::kBodyLimit, the handler says 413.
constexpr std::uint64_t kReadLimit = 16u << 20;
constexpr std::size_t kHeaderLimit = 64u << 10;

restinio::http_status_line_t status_line(int status) {
  switch (status) {
    case 200:
      return restinio::status_ok();
    case 400:
      return restinio::status_bad_request();
    case 404:
      return restinio::status_not_found();
    case 405:
      return restinio::status_method_not_allowed();
    case 413:
      return restinio::status_payload_too_large();
    default:
      return restinio::status_internal_server_error();
  }
}

std::string text(std::string_view view) { return std::string(view); }

}  // namespace

Server::Server(net::Place place) : http_(restinio::external_io_context(context_), settings(place)) {}

Server::Settings Server::settings(net::Place place) {
  Settings settings;
  settings.address("0.0.0.0").port(place.port);
  settings.request_handler([this](auto request) { return handle(request); });
  settings.read_next_http_message_timelimit(kIdle).write_http_response_timelimit(kIdle).handle_request_timeout(kIdle);
  settings.max_pipelined_requests(64);
  settings.incoming_http_msg_limits(restinio::incoming_http_msg_limits_t{}
                                        .max_body_size(kReadLimit)
                                        .max_field_value_size(kHeaderLimit)
                                        .max_url_size(kHeaderLimit));
  settings.socket_options_setter([](auto& options) { options.set_option(tcp::no_delay(true)); });
  // RESTinio binds in any case: to a port nobody knows, which the descriptor handed over then replaces.
  if (place.inherited) {
    settings.acceptor_post_bind_hook([](tcp::acceptor& acceptor) {
      acceptor.close();
      acceptor.assign(tcp::v4(), net::kInheritedListener);
    });
  }
  return settings;
}

int Server::run() {
  // As pid 1 of a pid namespace a process has no default signal actions: these have to be asked for.
  signals_.add(SIGTERM);
  signals_.add(SIGINT);
  signals_.async_wait([this](const boost::system::error_code& error, int) {
    if (!error) drain();
  });
  std::exception_ptr failure;
  http_.open_async([] {},
                   [&](std::exception_ptr cause) {
                     failure = std::move(cause);
                     context_.stop();
                   });
  context_.run();
  if (failure) std::rethrow_exception(failure);
  return 0;
}

restinio::request_handling_status_t Server::handle(const restinio::request_handle_t& request) {
  ++in_flight_;
  if (request->body().size() > service::kBodyLimit) {
    respond(request, service::too_large());
    return restinio::request_accepted();
  }
  const auto& header = request->header();
  auto answer = service::answer({.method = header.method().c_str(),
                                 .path = {header.path().data(), header.path().size()},
                                 .body = request->body()},
                                kName);
  if (auto* query = std::get_if<service::Query>(&answer)) {
    answer_later(request, std::move(*query));
  } else {
    respond(request, std::get<service::Response>(std::move(answer)));
  }
  return restinio::request_accepted();
}

void Server::answer_later(restinio::request_handle_t request, service::Query query) {
  const auto timer = std::make_shared<asio::steady_timer>(context_, service::Query::kTakes);
  timer->async_wait([this, timer, request = std::move(request), query = std::move(query)](auto) {
    respond(request, query.finish());
  });
}

void Server::respond(const restinio::request_handle_t& request, service::Response response) {
  auto reply = request->create_response(status_line(response.status));
  reply.append_header(restinio::http_field::content_type, text(response.content_type));
  if (!response.allow.empty()) reply.append_header(restinio::http_field::allow, text(response.allow));
  if (draining_) reply.connection_close();
  reply.set_body(std::move(response.body));
  reply.done([this](const auto&) {
    --in_flight_;
    stop_when_drained();
  });
}

/// Stops accepting, lets what was begun finish for kDrain at most; connections that only wait for another request end
/// with the process.
void Server::drain() {
  draining_ = true;
  http_.close_async([this] { stop_when_drained(); }, [this](const std::exception_ptr&) { context_.stop(); });
  deadline_.expires_after(kDrain);
  deadline_.async_wait([this](const boost::system::error_code&) { context_.stop(); });
}

void Server::stop_when_drained() {
  if (draining_ && in_flight_ == 0) context_.stop();
}
