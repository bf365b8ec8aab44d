// The event loop: accepts, waits, times out, drains. One thread; a connection costs what it has buffered.
#pragma once

#include <chrono>
#include <cstdint>
#include <ctime>
#include <deque>
#include <list>
#include <optional>

#include "../service/cpp/socket.h"
#include "connection.h"

class Server {
 public:
  Server(net::Fd listener, Connection::Handler handler);
  /// Serves until SIGTERM or SIGINT, then finishes what was begun. Returns the process's exit status.
  int run();

 private:
  struct Client;
  /// Least recently active first: the only ones a time-out has to look at. Nodes keep their address for epoll.
  using Clients = std::list<Client>;
  struct Client {
    Connection connection;
    Clients::iterator self{};
    std::time_t last_active = 0;             ///< CLOCK_MONOTONIC seconds
    std::optional<std::uint32_t> watched{};  ///< epoll events asked for; nothing before the first wait
    bool waiting = false;                    ///< in waiting_
  };
  using Clock = std::chrono::steady_clock;
  struct Waiting {
    Clock::time_point due;
    Client* client;
  };
  enum class Accepting : std::uint8_t { on, paused };

  void wait_and_advance();
  void accept_waiting();
  void set_accepting(Accepting accepting);
  void advance(Client& client);
  void obey(Client& client, Connection::Wants wants);
  void start_waiting(Client& client);
  void resume_waiting();
  void watch(Client& client, std::uint32_t events);
  void drop(Client& client);
  void drop_overdue();
  void drain();
  [[nodiscard]] std::optional<std::chrono::nanoseconds> time_to_wait() const;
  [[nodiscard]] bool is_done() const { return mode_ == Connection::Mode::draining && clients_.empty(); }

  net::Fd listener_;
  Connection::Handler handler_;
  net::Fd signals_;
  net::Fd epoll_;
  Clients clients_;
  std::deque<Waiting> waiting_;  ///< in the order they are due, as all queries take as long
  Connection::Mode mode_ = Connection::Mode::serving;
  Accepting accepting_ = Accepting::on;
  bool stop_asked_ = false;
  std::time_t drain_until_ = 0;
};
