// RESTinio owns connections; this owns what it lacks: an inherited listener, and an end that waits for what was begun.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <restinio/all.hpp>

#include "../service/cpp/service.h"
#include "../service/cpp/socket.h"

class Server {
 public:
  explicit Server(net::Place place);
  /// Serves until SIGTERM or SIGINT, then finishes what was begun. Returns the process's exit status.
  int run();

 private:
  using Traits = restinio::default_single_thread_traits_t;
  using Settings = restinio::server_settings_t<Traits>;

  Settings settings(net::Place place);
  restinio::request_handling_status_t handle(const restinio::request_handle_t& request);
  void respond(const restinio::request_handle_t& request, service::Response response);
  void answer_later(restinio::request_handle_t request, service::Query query);
  void drain();
  void stop_when_drained();

  boost::asio::io_context context_{1};
  boost::asio::signal_set signals_{context_};
  boost::asio::steady_timer deadline_{context_};
  restinio::http_server_t<Traits> http_;
  std::size_t in_flight_ = 0;  ///< requests that were read and whose response is not written yet
  bool draining_ = false;
};
