#include "server.h"

#include <fcntl.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr std::chrono::seconds kDrain{5};
/// What accept(2) says when descriptors have run out does not go away by asking again at once.
constexpr std::chrono::milliseconds kBreath{10};

/// The acceptor owns its descriptor.
int release(net::Fd listener) { return fcntl(listener.get(), F_DUPFD_CLOEXEC, 0); }

}  // namespace

Server::Server(net::Fd listener) : acceptor_(context_, asio::ip::tcp::v4(), release(std::move(listener))) {}

int Server::run() {
  // As pid 1 of a pid namespace a process has no default signal actions: these have to be asked for.
  signals_.add(SIGTERM);
  signals_.add(SIGINT);
  signals_.async_wait([this](error_code error, int) {
    if (!error) drain();
  });
  asio::co_spawn(context_, accept(), asio::detached);
  context_.run();
  return 0;
}

asio::awaitable<void> Server::accept() {
  asio::steady_timer breath(context_);
  while (!draining_) {
    error_code error;
    auto socket = co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, error));
    if (draining_) break;
    if (!error) {
      asio::co_spawn(context_, serve(std::move(socket)), asio::detached);
      continue;
    }
    breath.expires_after(kBreath);
    co_await breath.async_wait(asio::redirect_error(asio::use_awaitable, error));
  }
}

asio::awaitable<void> Server::serve(asio::ip::tcp::socket socket) {
  const auto session = sessions_.emplace(sessions_.end(), std::move(socket), metrics_, draining_);
  co_await session->run();
  sessions_.erase(session);
  if (draining_ && sessions_.empty()) context_.stop();
}

/// Stops accepting, lets what was begun finish for kDrain at most, and closes what only waits for another request.
void Server::drain() {
  draining_ = true;
  error_code ignored;
  acceptor_.close(ignored);
  if (sessions_.empty()) return context_.stop();
  for (Session& session : sessions_) session.end_if_idle();
  deadline_.expires_after(kDrain);
  deadline_.async_wait([this](error_code) { context_.stop(); });
}
