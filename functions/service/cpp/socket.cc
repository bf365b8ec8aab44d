#include "socket.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace net {
namespace {

constexpr std::uint16_t kDefaultPort = 8080;

template <class Number>
std::optional<Number> parse(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<int> number_in(const char* variable) {
  const char* text = std::getenv(variable);
  return text ? parse<int>(text) : std::nullopt;
}

bool is_inherited() { return number_in("LISTEN_FDS") >= 1 && number_in("LISTEN_PID") == getpid(); }

void set(int fd, int level, int option) {
  const int on = 1;
  setsockopt(fd, level, option, &on, sizeof on);
}

Fd inherited_listener() {
  fcntl(kInheritedListener, F_SETFD, FD_CLOEXEC);
  fcntl(kInheritedListener, F_SETFL, fcntl(kInheritedListener, F_GETFL) | O_NONBLOCK);
  return Fd(kInheritedListener);
}

Fd bound_listener(std::uint16_t port) {
  Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  set(fd.get(), SOL_SOCKET, SO_REUSEADDR);
  sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_port = htons(port);
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any) == 0 && listen(fd.get(), SOMAXCONN) == 0) {
    return fd;
  }
  std::fprintf(stderr, "cannot listen on port %u: %s\n", unsigned{port}, std::strerror(errno));
  return {};
}

}  // namespace

Fd::~Fd() {
  if (fd_ >= 0) close(fd_);
}

std::optional<Place> place_from_environment() {
  if (is_inherited()) return Place{.inherited = true};
  const char* text = std::getenv("PORT");
  const auto port = text ? parse<std::uint16_t>(text) : kDefaultPort;
  if (port && *port != 0) return Place{.port = *port};
  std::fprintf(stderr, "PORT is not a port number: '%s'\n", text);
  return std::nullopt;
}

Fd listener_from_environment() {
  const auto place = place_from_environment();
  if (!place) return {};
  Fd fd = place->inherited ? inherited_listener() : bound_listener(place->port);
  // Accepted sockets inherit it: one call here instead of one a connection.
  if (fd) set(fd.get(), IPPROTO_TCP, TCP_NODELAY);
  return fd;
}

}  // namespace net
