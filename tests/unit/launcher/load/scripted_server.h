// A server for tests: a thread a connection, and a script that says what becomes of each request.
#pragma once

#include <sys/socket.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "launcher/contract/client.h"

namespace frostbyte::load {

struct Reply {
  std::string bytes = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  Nanos delay{0};
  bool close = false;
};

class ScriptedServer {
 public:
  /// `script` gets the number of the request, from 0, over all connections.
  explicit ScriptedServer(std::function<Reply(std::uint64_t)> script)
      : script_(std::move(script)), listener_(std::move(contract::make_listener(0).value())) {
    acceptor_ = std::jthread([this] { accept_all(); });
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;
  ~ScriptedServer() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    acceptor_.join();
    const std::lock_guard lock(mutex_);
    for (const Fd& socket : sockets_) ::shutdown(socket.get(), SHUT_RDWR);
  }

  [[nodiscard]] contract::Address address() const { return *contract::Address::of_socket(listener_.get()); }
  [[nodiscard]] std::uint64_t requests() const { return requests_; }
  [[nodiscard]] std::uint64_t connections() const { return connections_; }

 private:
  void accept_all() {
    for (;;) {
      Fd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!socket) return;
      ++connections_;
      const std::lock_guard lock(mutex_);
      const int fd = socket.get();
      sockets_.push_back(std::move(socket));
      threads_.emplace_back([this, fd] { serve(fd); });
    }
  }

  /// Requests have no body here: each ends with its head.
  void serve(int fd) {
    std::string pending;
    char buffer[4096];
    for (;;) {
      const ssize_t n = ::recv(fd, buffer, sizeof buffer, 0);
      if (n <= 0) return;
      pending.append(buffer, static_cast<std::size_t>(n));
      for (std::size_t end = pending.find("\r\n\r\n"); end != std::string::npos; end = pending.find("\r\n\r\n")) {
        pending.erase(0, end + 4);
        const Reply reply = script_(requests_++);
        std::this_thread::sleep_for(reply.delay);
        ::send(fd, reply.bytes.data(), reply.bytes.size(), MSG_NOSIGNAL);
        if (reply.close) return (void)::shutdown(fd, SHUT_RDWR);
      }
    }
  }

  std::function<Reply(std::uint64_t)> script_;
  Fd listener_;
  std::atomic<std::uint64_t> requests_{0}, connections_{0};
  std::mutex mutex_;
  std::vector<Fd> sockets_;
  std::vector<std::jthread> threads_;  // joined before the sockets close
  std::jthread acceptor_;
};

}  // namespace frostbyte::load
