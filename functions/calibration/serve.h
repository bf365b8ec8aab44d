// What the functions of the tests have in common: a listener by either contract, and hello. Header-only and without the
// C++ library's run time, so that a function's start-up is libc's and what its own file says.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string_view>

namespace serve {

inline constexpr int kListenFdsStart = 3;
inline constexpr long kDefaultPort = 8080;
inline constexpr std::string_view kHello =
    "HTTP/1.1 200 OK\r\nContent-Length: 12\r\nConnection: close\r\n\r\nhello world\n";

inline std::int64_t now_ns() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1'000'000'000LL + time.tv_nsec;
}

inline long number_in(const char* variable, long otherwise) {
  const char* text = std::getenv(variable);
  return text != nullptr && *text != '\0' ? std::strtol(text, nullptr, 10) : otherwise;
}

[[noreturn]] inline void die(const char* operation) {
  std::fprintf(stderr, "%s: %s\n", operation, std::strerror(errno));
  _exit(1);
}

/// As pid 1 of a pid namespace a process has no default signal actions, so SIGTERM needs a handler to end it.
inline void exit_on_sigterm() {
  std::signal(SIGTERM, [](int) { _exit(0); });
}

inline bool inherits_listener() { return number_in("LISTEN_FDS", 0) >= 1 && number_in("LISTEN_PID", 0) == getpid(); }

inline std::uint16_t port() { return static_cast<std::uint16_t>(number_in("PORT", kDefaultPort)); }

/// A bound socket that does not listen yet.
template <class Address>
int bind_to(const Address& address) {
  const int fd = socket(reinterpret_cast<const sockaddr&>(address).sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) die("bind");
  return fd;
}

inline sockaddr_in ipv4(std::uint32_t host, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(host);
  address.sin_port = htons(port);
  return address;
}

inline int bind_to_port() { return bind_to(ipv4(INADDR_ANY, port())); }

inline int listen_on(int fd) {
  if (listen(fd, SOMAXCONN) != 0) die("listen");
  return fd;
}

/// A listener by whichever contract the environment speaks.
inline int listener() {
  exit_on_sigterm();
  if (!inherits_listener()) return listen_on(bind_to_port());
  fcntl(kListenFdsStart, F_SETFL, 0);  // blocking, however it was handed over
  return kListenFdsStart;
}

/// One accepted connection.
class Connection {
 public:
  explicit Connection(int listener) {
    do {
      fd_ = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    } while (fd_ < 0);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { close(fd_); }

  /// Reads one request without a body; false when the client left first.
  bool read_request() {
    char bytes[8192];
    std::size_t size = 0;
    while (size < sizeof bytes) {
      const ssize_t got = recv(fd_, bytes + size, sizeof bytes - size, 0);
      if (got <= 0) return false;
      size += static_cast<std::size_t>(got);
      if (std::string_view(bytes, size).ends_with("\r\n\r\n")) return true;
    }
    return false;
  }

  /// False when the client is gone.
  bool send(std::string_view bytes) {
    return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
  }

 private:
  int fd_ = -1;
};

/// Answers every request with `response`.
[[noreturn]] inline void answer(int listener, std::string_view response) {
  for (;;) {
    Connection connection(listener);
    if (connection.read_request()) connection.send(response);
  }
}

[[noreturn]] inline void hello(int listener) { answer(listener, kHello); }

}  // namespace serve
