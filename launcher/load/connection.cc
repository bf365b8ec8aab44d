#include "launcher/load/connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace frostbyte::load {
namespace {

/// Closing without TIME_WAIT: a server that answers each request on a connection of its own would exhaust the ports.
void forget_on_close(int fd) {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

Fd make_socket(int family) {
  Fd fd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int one = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return fd;
}

std::string describe(const char* what, int error) { return std::string(what) + ": " + std::strerror(error); }

}  // namespace

Connection::Progress Connection::fail(Progress how, std::string problem) {
  problem_ = std::move(problem);
  disconnect();
  return how;
}

void Connection::disconnect() {
  socket_.reset();
  receiver_.begin();
  sent_ = 0;
  connecting_ = peer_closed_ = false;
}

Connection::Progress Connection::send_request(const contract::Address& server, int epoll, std::uint64_t tag) {
  sent_ = 0;
  receiver_.begin();
  return socket_ ? send() : connect(server, epoll, tag);
}

Connection::Progress Connection::connect(const contract::Address& server, int epoll, std::uint64_t tag) {
  socket_ = make_socket(server.family());
  if (!socket_) return fail(Progress::no_connection, describe("cannot open a socket", errno));
  server_ = server;
  const int error = contract::connect_to(socket_.get(), server);
  if (error != 0 && error != EINPROGRESS) return refused(error);
  epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.u64 = tag}};
  if (::epoll_ctl(epoll, EPOLL_CTL_ADD, socket_.get(), &event) != 0)
    return fail(Progress::no_connection, describe("cannot watch a socket", errno));
  connecting_ = error == EINPROGRESS;
  return connecting_ ? Progress::waits : send();
}

Connection::Progress Connection::refused(int error) {
  return fail(Progress::no_connection, "cannot connect to " + server_.to_string() + ": " + std::strerror(error));
}

Connection::Progress Connection::advance(std::uint32_t events) {
  if (connecting_) {
    int error = 0;
    socklen_t length = sizeof error;
    ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &length);
    if (error != 0) return refused(error);
    if ((events & EPOLLOUT) == 0) return Progress::waits;
    connecting_ = false;
  }
  peer_closed_ = peer_closed_ || (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
  if (sent_ < wire_.size()) {
    const Progress progress = send();
    if (progress != Progress::waits) return progress;
  }
  return (events & EPOLLIN) != 0 || peer_closed_ ? receive() : Progress::waits;
}

Connection::Progress Connection::send() {
  while (sent_ < wire_.size()) {
    const std::string_view rest = wire_.substr(sent_);
    const ssize_t n = ::send(socket_.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (n >= 0) {
      sent_ += static_cast<std::size_t>(n);
    } else if (errno == EAGAIN) {
      return Progress::waits;
    } else if (errno != EINTR) {
      return fail(Progress::broken, describe("cannot send the request", errno));
    }
  }
  return Progress::waits;
}

Connection::Progress Connection::receive() {
  for (;;) {
    const std::span<char> room = receiver_.room();
    const ssize_t n = ::recv(socket_.get(), room.data(), room.size(), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return Progress::waits;
    if (n < 0) return fail(Progress::broken, describe("the connection broke", errno));
    peer_closed_ = peer_closed_ || n == 0;
    const Receiver::State state = n == 0 ? receiver_.end_of_stream() : receiver_.commit(static_cast<std::size_t>(n));
    if (state == Receiver::State::complete) return Progress::answered;
    if (state == Receiver::State::malformed)
      return fail(Progress::broken, receiver_.problem().empty() ? "connection closed" : receiver_.problem());
    // Less than there was room for: the socket is empty, and what comes later is another edge.
    if (static_cast<std::size_t>(n) < room.size() && !peer_closed_) return Progress::waits;
  }
}

bool Connection::finish_response() {
  const bool ends = receiver_.closes() || peer_closed_;
  if (ends) {
    if (socket_) forget_on_close(socket_.get());
    disconnect();
  } else {
    receiver_.begin();
  }
  return ends;
}

}  // namespace frostbyte::load
