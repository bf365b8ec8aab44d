#include "launcher/load/null_server.h"

#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <map>
#include <system_error>
#include <utility>

#include "launcher/load/wire.h"

namespace frostbyte::load {
namespace {

std::string response_bytes(const function::Expectation& answer) {
  const std::string body = answer.body ? *answer.body : answer.json.value_or("");
  return "HTTP/1.1 " + std::to_string(answer.status) + " OK\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

class Loop {
 public:
  Loop(Fd listener, Fd epoll, int stop, std::size_t request_size, std::string response)
      : listener_(std::move(listener)),
        epoll_(std::move(epoll)),
        stop_(stop),
        request_size_(request_size),
        response_(std::move(response)) {}

  void run() {
    watch(listener_.get());
    watch(stop_);
    std::array<epoll_event, 256> events;
    for (;;) {
      const int ready = ::epoll_wait(epoll_.get(), events.data(), events.size(), -1);
      for (int i = 0; i < ready; ++i) {
        const int fd = events[static_cast<std::size_t>(i)].data.fd;
        if (fd == stop_) return;
        fd == listener_.get() ? accept() : serve(fd);
      }
    }
  }

 private:
  struct Client {
    Fd socket;
    std::size_t received = 0;  // of the present request
  };

  void watch(int fd) const {
    epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
  }

  void accept() {
    Fd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket) return;
    const int fd = socket.get();
    watch(fd);
    clients_.insert_or_assign(fd, Client{.socket = std::move(socket)});
  }

  void serve(int fd) {
    std::array<char, 65536> buffer;
    const ssize_t n = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (n <= 0) return (void)clients_.erase(fd);
    Client& client = clients_.at(fd);
    client.received += static_cast<std::size_t>(n);
    for (; client.received >= request_size_; client.received -= request_size_) {
      // A response that does not fit the socket's buffer is cut, and seen as broken: no such workload is that large.
      if (::send(fd, response_.data(), response_.size(), MSG_NOSIGNAL) < 0) return (void)clients_.erase(fd);
    }
  }

  Fd listener_;
  Fd epoll_;
  int stop_;
  std::size_t request_size_;
  std::string response_;
  std::map<int, Client> clients_;
};

void pin(std::jthread& thread, const std::vector<int>& cpus) {
  if (cpus.empty()) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int cpu : cpus) CPU_SET(cpu, &set);
  ::pthread_setaffinity_np(thread.native_handle(), sizeof set, &set);
}

}  // namespace

Result<NullServer> NullServer::start(const function::Request& request, const function::Expectation& answer,
                                     const std::vector<int>& cpus) {
  NullServer server;
  Fd listener = TRY(contract::make_listener(0));
  const auto address = contract::Address::of_socket(listener.get());
  if (!address) return failure("find the port of", "the null server", "its socket has no address");
  server.address_ = *address;
  // The backlog for launches is short; here all connections come at once.
  ::listen(listener.get(), SOMAXCONN);
  server.stop_ = Fd(::eventfd(0, EFD_CLOEXEC));
  Fd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!server.stop_ || !epoll) return system_failure("open", "descriptors of the null server");
  Loop loop(std::move(listener), std::move(epoll), server.stop_.get(), keep_alive_wire(request, server.address_).size(),
            response_bytes(answer));
  try {
    server.thread_ = std::jthread([loop = std::move(loop)]() mutable { loop.run(); });
  } catch (const std::system_error& error) {
    return system_failure(error.code().value(), "start", "the null server's thread");
  }
  pin(server.thread_, cpus);
  return server;
}

NullServer::~NullServer() {
  const std::uint64_t one = 1;
  if (thread_.joinable() && ::write(stop_.get(), &one, sizeof one) == sizeof one) thread_.join();
}

}  // namespace frostbyte::load
