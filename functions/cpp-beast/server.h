// Accepts, and ends: sessions answer.
#pragma once

#include <utility>  // what Boost 1.74's awaitable.hpp uses and does not include

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <list>

#include "../service/cpp/socket.h"
#include "metrics.h"
#include "session.h"

class Server {
 public:
  explicit Server(net::Fd listener);
  /// Serves until SIGTERM or SIGINT, then finishes what was begun. Returns the process's exit status.
  int run();

 private:
  boost::asio::awaitable<void> accept();
  boost::asio::awaitable<void> serve(boost::asio::ip::tcp::socket socket);
  void drain();

  boost::asio::io_context context_{1};
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::signal_set signals_{context_};
  boost::asio::steady_timer deadline_{context_};
  Metrics metrics_;
  std::list<Session> sessions_;
  bool draining_ = false;
};
