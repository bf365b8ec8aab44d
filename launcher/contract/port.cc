#include "launcher/contract/port.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "launcher/contract/client.h"
#include "launcher/contract/http.h"
#include "launcher/contract/listen_trap.h"
#include "launcher/contract/response_phase.h"

namespace frostbyte::contract {
namespace {

/// What container platforms set when nobody says otherwise.
constexpr std::uint16_t kUsualPort = 8080;
/// Only where listen(2) cannot be trapped: the gap between attempts, which is the error it brings.
constexpr Nanos kProbeGap = std::chrono::microseconds(100);
/// How long a refused connection to a socket that is known to listen is tried again.
constexpr Nanos kConnectPatience = std::chrono::milliseconds(100);

/// A port nobody uses now; another program may take it before the function does, and the row will say so.
Result<std::uint16_t> free_port() {
  const Fd listener = TRY(make_listener(0));
  const auto address = Address::of_socket(listener.get());
  if (!address) return failure("find", "a free port", "the socket has no address");
  return address->port();
}

class PortContract final : public Contract {
 public:
  PortContract(const Terms& terms, std::uint16_t port, Fd client)
      : workload_(terms.workload),
        port_(port),
        wire_(to_wire(terms.workload.request, "127.0.0.1:" + std::to_string(port))),
        client_(std::move(client)),
        probing_(!terms.trap) {}

  [[nodiscard]] std::vector<std::pair<std::string, std::string>> environment() const override {
    return {{"PORT", std::to_string(port_)}};
  }

  [[nodiscard]] std::optional<Address> served_at() const override { return Address::of_peer(client_.get()); }

  Result<Conclusion> converse(Watch& watch, Timeline& timeline) override {
    const std::optional<Conclusion> ended = TRY(await_listen(watch, timeline));
    if (ended) return *ended;
    return await_response(watch, client_.get(), workload_, timeline);
  }

 private:
  /// Until the request is sent. A conclusion when it never will be.
  Result<std::optional<Conclusion>> await_listen(Watch& watch, Timeline& timeline) {
    if (probing_) timeline.flags.emplace_back("probed");
    for (;;) {
      const Instant until = probing_ ? MonotonicClock::now() + kProbeGap : watch.deadline();
      switch (watch.wait_until(-1, until)) {
        case Wake::trapped: {
          const std::optional<TrappedCall> call = receive_trapped(watch.notifications());
          const Instant now = MonotonicClock::now();
          if (!call) break;
          auto conclusion = TRY(answer(*call, now, watch, timeline));
          if (conclusion || timeline.request) return conclusion;
          break;
        }
        case Wake::exited:
          return Conclusion{
              .end = End::exited, .phase = "listen", .detail = "before it listened on port " + std::to_string(port_)};
        case Wake::deadline:
          if (MonotonicClock::now() >= watch.deadline()) return nothing_listened();
          TRY(probe(timeline));
          if (timeline.request) return std::nullopt;
          break;
        case Wake::readable:
          break;  // no descriptor was given
      }
    }
  }

  Result<std::optional<Conclusion>> answer(const TrappedCall& call, Instant now, Watch& watch, Timeline& timeline) {
    const int notifications = watch.notifications();
    if (call.number == SYS_io_uring_setup) {
      let_through(notifications, call);
      start_probing(timeline, "io_uring");
      return std::nullopt;
    }
    const Result<Fd> socket = copy_socket(call, watch.pid(), watch.pidfd());
    if (!socket) {
      // Not allowed to take its socket: let it listen by itself and find the open port.
      let_through(notifications, call);
      start_probing(timeline, "listen_continued");
      return std::nullopt;
    }
    const auto address = Address::of_socket(socket->get());
    if (!address || address->port() != port_) {
      if (address) remember_listener(*address);
      let_through(notifications, call);
      return std::nullopt;
    }
    if (::listen(socket->get(), call.backlog) != 0) {
      end_call(notifications, call, errno);  // the function gets the error it would have got
      return std::nullopt;
    }
    timeline.listen = {.at = now, .source = "seccomp"};
    return greet(*address, call, watch, timeline);
  }

  /// Connects and sends while the function still stands in listen(2), then lets it go on.
  Result<std::optional<Conclusion>> greet(const Address& address, const TrappedCall& call, Watch& watch,
                                          Timeline& timeline) {
    if (address.family() == AF_INET6) client_ = TRY(make_client_socket(AF_INET6));
    int error = connect_to(client_.get(), address.reachable());
    const bool waits = error == EINPROGRESS;  // its backlog is full before it began: it must accept first
    if (error == 0) error = send_all(client_.get(), wire_, watch.deadline());
    const Instant sent = MonotonicClock::now();
    end_call(watch.notifications(), call, 0);
    if (waits) error = finish_connecting(watch.deadline());
    if (error == ECONNREFUSED) error = TRY(connect_again(address, timeline));
    if (error != 0) {
      return Conclusion{.end = End::refused,
                        .phase = "request",
                        .detail = "cannot connect to " + address.reachable().to_string() + ": " + std::strerror(error),
                        .errno_value = error};
    }
    const bool late = waits || std::ranges::find(timeline.flags, "connect_retried") != timeline.flags.end();
    timeline.request = {.at = late ? MonotonicClock::now() : sent, .source = "launcher"};
    return std::nullopt;
  }

  /// Seen on Linux 6.1 in a shared network: a socket that listens is not found for a moment. Named, and in the error
  /// bound.
  Result<int> connect_again(const Address& address, Timeline& timeline) {
    timeline.flags.emplace_back("connect_retried");
    timeline.response_error += kProbeGap;
    const Instant until = MonotonicClock::now() + kConnectPatience;
    int error = ECONNREFUSED;
    while (error == ECONNREFUSED && MonotonicClock::now() < until) {
      const timespec gap{.tv_sec = 0, .tv_nsec = kProbeGap.count()};
      ::nanosleep(&gap, nullptr);
      client_ = TRY(make_client_socket(address.family()));
      error = connect_to(client_.get(), address.reachable());
    }
    return error != 0 ? error : send_all(client_.get(), wire_, until);
  }

  int finish_connecting(Instant deadline) {
    pollfd writable{.fd = client_.get(), .events = POLLOUT, .revents = 0};
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - MonotonicClock::now());
    if (::poll(&writable, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0))) <= 0) return ETIMEDOUT;
    int error = 0;
    socklen_t length = sizeof error;
    ::getsockopt(client_.get(), SOL_SOCKET, SO_ERROR, &error, &length);
    return error != 0 ? error : send_all(client_.get(), wire_, deadline);
  }

  void start_probing(Timeline& timeline, const char* flag) {
    probing_ = true;
    if (std::find(timeline.flags.begin(), timeline.flags.end(), flag) == timeline.flags.end())
      timeline.flags.emplace_back(flag);
  }

  /// One attempt to connect, over IPv4 and, if refused, over IPv6.
  Result<void> probe(Timeline& timeline) {
    for (const int family : {AF_INET, AF_INET6}) {
      Result<Fd> socket = make_client_socket(family);
      if (!socket) continue;  // the host has no IPv6
      Address address = Address::loopback(port_);
      if (family == AF_INET6) address = loopback_v6(port_);
      if (connect_to(socket->get(), address) != 0) continue;
      timeline.listen = {.at = MonotonicClock::now(), .source = "probe"};
      client_ = std::move(*socket);
      if (send_all(client_.get(), wire_, timeline.listen->at + kProbeGap * 1000) != 0) return {};
      timeline.request = {.at = MonotonicClock::now(), .source = "launcher"};
      timeline.response_error += kProbeGap;
      return {};
    }
    return {};
  }

  static Address loopback_v6(std::uint16_t port) {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    v6.sin6_addr = in6addr_loopback;
    Address address;
    std::memcpy(&address.storage, &v6, sizeof v6);
    address.length = sizeof v6;
    return address;
  }

  void remember_listener(const Address& address) {
    if (!others_.empty()) others_ += ", ";
    others_ += address.to_string();
  }

  Conclusion nothing_listened() const {
    if (!others_.empty()) {
      return {.end = End::refused,
              .phase = "listen",
              .detail = "it listens on " + others_ + ", not on port " + std::to_string(port_)};
    }
    return {.end = End::timeout, .phase = "listen", .detail = "nothing listened on port " + std::to_string(port_)};
  }

  function::Workload workload_;
  std::uint16_t port_;
  std::string wire_;
  Fd client_;
  bool probing_;
  std::string others_;  // addresses it listened on that are not the expected one
};

}  // namespace

Result<std::unique_ptr<Contract>> open_port(const Terms& terms) {
  std::uint16_t port = terms.fixed_port.value_or(kUsualPort);
  if (!terms.fixed_port && !terms.own_network) port = TRY(free_port());
  return std::make_unique<PortContract>(terms, port, TRY(make_client_socket(AF_INET)));
}

}  // namespace frostbyte::contract
