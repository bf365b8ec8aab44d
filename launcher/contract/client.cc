#include "launcher/contract/client.h"

#include <arpa/inet.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace frostbyte::contract {
namespace {

constexpr int kBacklog = 128;
constexpr std::chrono::microseconds kConnectPatience{20'000};

sockaddr_in as_v4(const Address& address) {
  sockaddr_in v4{};
  std::memcpy(&v4, &address.storage, sizeof v4);
  return v4;
}

sockaddr_in6 as_v6(const Address& address) {
  sockaddr_in6 v6{};
  std::memcpy(&v6, &address.storage, sizeof v6);
  return v6;
}

template <class Socket>
Address from(const Socket& socket) {
  Address address;
  std::memcpy(&address.storage, &socket, sizeof socket);
  address.length = sizeof socket;
  return address;
}

std::optional<Address> address_by(int (*ask)(int, sockaddr*, socklen_t*), int fd) {
  Address address;
  address.length = sizeof address.storage;
  if (ask(fd, reinterpret_cast<sockaddr*>(&address.storage), &address.length) != 0) return std::nullopt;
  if (address.family() != AF_INET && address.family() != AF_INET6) return std::nullopt;
  return address;
}

/// Where CLOCK_REALTIME stands against the clock of all stamps, now. The kernel stamps packets in real time, which may
/// be set or slewed; a difference taken at each arrival is right whatever happened before.
struct RealtimeOffset {
  Nanos monotonic_minus_realtime;
  Nanos half_width;

  static RealtimeOffset measure() {
    const Instant before = MonotonicClock::now();
    timespec t;
    ::clock_gettime(CLOCK_REALTIME, &t);
    const Instant after = MonotonicClock::now();
    const Nanos realtime(t.tv_sec * 1'000'000'000LL + t.tv_nsec);
    const Nanos middle = before.time_since_epoch() + (after - before) / 2;
    return {.monotonic_minus_realtime = middle - realtime, .half_width = (after - before) / 2 + Nanos(1)};
  }
};

std::optional<Nanos> software_stamp(msghdr& message) {
  for (cmsghdr* control = CMSG_FIRSTHDR(&message); control != nullptr; control = CMSG_NXTHDR(&message, control)) {
    if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_TIMESTAMPING) continue;
    scm_timestamping stamps;
    std::memcpy(&stamps, CMSG_DATA(control), sizeof stamps);
    const Nanos at(stamps.ts[0].tv_sec * 1'000'000'000LL + stamps.ts[0].tv_nsec);
    if (at.count() != 0) return at;
  }
  return std::nullopt;
}

/// What recvmsg returned, with the kernel's stamp in the kernel's clock.
struct Raw {
  Received received;
  std::optional<Nanos> stamp;
};

Raw receive_raw(int fd, std::span<char> buffer) {
  alignas(cmsghdr) std::array<char, 256> control;
  iovec part{.iov_base = buffer.data(), .iov_len = buffer.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t n = ::recvmsg(fd, &message, MSG_DONTWAIT);
  const int error = errno;
  Raw raw{.received = {.at = MonotonicClock::now()}, .stamp = std::nullopt};
  if (n < 0) {
    const bool later = error == EAGAIN || error == EINTR;
    raw.received.kind = later ? Received::Kind::nothing_yet : Received::Kind::failed;
    raw.received.errno_value = error;
  } else if (n == 0) {
    raw.received.kind = Received::Kind::closed;
  } else {
    raw.received.kind = Received::Kind::bytes;
    raw.received.size = static_cast<std::size_t>(n);
    raw.stamp = software_stamp(message);
  }
  return raw;
}

void convert(Raw& raw, const RealtimeOffset& offset) {
  raw.received.at = Instant(*raw.stamp + offset.monotonic_minus_realtime);
  raw.received.kernel = true;
  raw.received.error = offset.half_width;
}

Result<void> set_flag(int fd, int level, int option, const char* what) {
  const int one = 1;
  if (::setsockopt(fd, level, option, &one, sizeof one) != 0) return system_failure("set", what);
  return {};
}

}  // namespace

Address Address::loopback(std::uint16_t port) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return from(v4);
}

std::optional<Address> Address::of_socket(int fd) { return address_by(::getsockname, fd); }
std::optional<Address> Address::of_peer(int fd) { return address_by(::getpeername, fd); }

std::uint16_t Address::port() const {
  return ntohs(family() == AF_INET6 ? as_v6(*this).sin6_port : as_v4(*this).sin_port);
}

Address Address::reachable() const {
  if (family() == AF_INET6) {
    sockaddr_in6 v6 = as_v6(*this);
    if (IN6_IS_ADDR_UNSPECIFIED(&v6.sin6_addr)) v6.sin6_addr = in6addr_loopback;
    return from(v6);
  }
  sockaddr_in v4 = as_v4(*this);
  if (v4.sin_addr.s_addr == htonl(INADDR_ANY)) v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return from(v4);
}

std::string Address::to_string() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (family() == AF_INET6) {
    const sockaddr_in6 v6 = as_v6(*this);
    ::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
    return "[" + std::string(text.data()) + "]:" + std::to_string(port());
  }
  const sockaddr_in v4 = as_v4(*this);
  ::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
  return std::string(text.data()) + ":" + std::to_string(port());
}

Result<void> enable_stamps(int fd) {
  const int flags = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;
  if (::setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof flags) != 0)
    return system_failure("enable", "receive time stamps");
  return {};
}

Result<StampingKeeper> StampingKeeper::create() {
  Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket) return system_failure("open", "a socket");
  TRY(enable_stamps(socket.get()));
  return StampingKeeper(std::move(socket));
}

Received receive(int fd, std::span<char> buffer) {
  Raw raw = receive_raw(fd, buffer);
  if (raw.stamp) convert(raw, RealtimeOffset::measure());
  return raw.received;
}

Arrival receive_all(int fd, std::span<char> buffer) {
  Arrival arrival;
  // A receive stamp belongs to the last segment that a read returns: one byte is read first, for the first one's.
  Raw first = receive_raw(fd, buffer.first(1));
  Raw last = first;
  Raw next = first;
  while (next.received.kind == Received::Kind::bytes) {
    last = next;
    arrival.size += next.received.size;
    if (arrival.size == buffer.size()) break;
    next = receive_raw(fd, buffer.subspan(arrival.size));
  }
  if (arrival.size > 0 && last.stamp) {
    const RealtimeOffset offset = RealtimeOffset::measure();
    if (first.stamp) convert(first, offset);
    convert(last, offset);
  }
  arrival.first = first.received;
  arrival.last = last.received;
  arrival.end = next.received.kind;
  arrival.ended = next.received.at;
  arrival.errno_value = next.received.errno_value;
  return arrival;
}

Result<Fd> make_client_socket(int family) {
  // Blocking, for connect alone: without waiting it would report EINPROGRESS although the loopback handshake is over by
  // the time it returns. The bound is for a server whose accept queue is full from the start.
  Fd socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return system_failure("open", family == AF_INET6 ? "an IPv6 socket" : "an IPv4 socket");
  const timeval patience{.tv_sec = 0, .tv_usec = kConnectPatience.count()};
  if (::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) != 0) {
    return system_failure("set", "SO_SNDTIMEO");
  }
  TRY(set_flag(socket.get(), IPPROTO_TCP, TCP_NODELAY, "TCP_NODELAY"));
  TRY(enable_stamps(socket.get()));
  return socket;
}

int connect_to(int fd, const Address& address) {
  return ::connect(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.length) == 0 ? 0 : errno;
}

int send_all(int fd, std::string_view data, Instant deadline) {
  while (!data.empty()) {
    const ssize_t n = ::send(fd, data.data(), data.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0) {
      data.remove_prefix(static_cast<std::size_t>(n));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return errno;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - MonotonicClock::now());
    if (left.count() <= 0) return ETIMEDOUT;
    pollfd writable{.fd = fd, .events = POLLOUT, .revents = 0};
    ::poll(&writable, 1, static_cast<int>(left.count()));
  }
  return 0;
}

Result<Fd> make_listener(std::uint16_t port) {
  Fd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!listener) return system_failure("open", "a listening socket");
  TRY(set_flag(listener.get(), SOL_SOCKET, SO_REUSEADDR, "SO_REUSEADDR"));
  TRY(enable_stamps(listener.get()));
  const Address address = Address::loopback(port);
  const std::string name = address.to_string();
  if (::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.length) != 0) {
    return system_failure(
        "bind", name,
        errno == EADDRINUSE ? "another program uses this port; isolate the network (--isolation namespaces)" : "");
  }
  if (::listen(listener.get(), kBacklog) != 0) return system_failure("listen on", name);
  return listener;
}

}  // namespace frostbyte::contract
