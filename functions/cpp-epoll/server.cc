#include "server.h"

#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <iterator>
#include <utility>

namespace {

constexpr std::time_t kIdleSeconds = 60;
constexpr std::time_t kDrainSeconds = 5;
/// Connections taken before those already here get their turn again.
constexpr int kAcceptBurst = 64;

std::time_t now() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
  return time.tv_sec;
}

timespec to_timespec(std::chrono::nanoseconds time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return {.tv_sec = seconds.count(), .tv_nsec = (time - seconds).count()};
}

/// As pid 1 of a pid namespace a process has no default signal actions: SIGTERM has to be asked for.
net::Fd stop_signals() {
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  sigaddset(&stop, SIGINT);
  sigprocmask(SIG_BLOCK, &stop, nullptr);
  return net::Fd(signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK));
}

bool raise_open_file_limit() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return false;
  limit.rlim_cur = limit.rlim_max;
  return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

bool out_of_resources(int error) { return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM; }

void watch_always(int epoll, int fd, void* tag) {
  epoll_event event{.events = EPOLLIN, .data = {.ptr = tag}};
  epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

}  // namespace

Server::Server(net::Fd listener, Connection::Handler handler)
    : listener_(std::move(listener)),
      handler_(handler),
      signals_(stop_signals()),
      epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  watch_always(epoll_.get(), listener_.get(), &listener_);
  watch_always(epoll_.get(), signals_.get(), &signals_);
}

int Server::run() {
  accept_waiting();  // with an inherited listener the first request may already be here
  while (!is_done()) {
    wait_and_advance();
    resume_waiting();
    // Only now, as the events above may be of clients that these drop.
    if (stop_asked_) drain();
    drop_overdue();
  }
  return 0;
}

void Server::wait_and_advance() {
  std::array<epoll_event, 128> events;
  const auto wait = time_to_wait();
  const timespec timeout = wait ? to_timespec(*wait) : timespec{};
  const int ready =
      epoll_pwait2(epoll_.get(), events.data(), events.size(), wait ? &timeout : nullptr, /*sigmask=*/nullptr);
  for (int i = 0; i < ready; ++i) {
    void* const tag = events[static_cast<std::size_t>(i)].data.ptr;
    if (tag == &listener_) {
      accept_waiting();
    } else if (tag == &signals_) {
      stop_asked_ = true;
    } else {
      advance(*static_cast<Client*>(tag));
    }
  }
}

void Server::accept_waiting() {
  for (int i = 0; i < kAcceptBurst; ++i) {
    net::Fd socket(accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) {
      const int error = errno;
      if (error == EINTR || error == ECONNABORTED) continue;
      if (out_of_resources(error) && !raise_open_file_limit() && !clients_.empty()) set_accepting(Accepting::paused);
      return;
    }
    Client& client = clients_.emplace_back(Client{.connection = Connection(std::move(socket), handler_)});
    client.self = std::prev(clients_.end());
    advance(client);  // most clients have sent their request by now: the first wait is saved
  }
}

/// Paused from when descriptors run out until a client goes: the listener stays readable, and waiting for it would
/// spin.
void Server::set_accepting(Accepting accepting) {
  if (accepting_ == accepting) return;
  accepting_ = accepting;
  epoll_event event{.events = accepting == Accepting::on ? EPOLLIN : 0u, .data = {.ptr = &listener_}};
  epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, listener_.get(), &event);
}

void Server::advance(Client& client) {
  client.last_active = now();
  clients_.splice(clients_.end(), clients_, client.self);
  obey(client, client.connection.advance(mode_));
}

void Server::obey(Client& client, Connection::Wants wants) {
  switch (wants) {
    case Connection::Wants::to_read:
      return watch(client, EPOLLIN);
    case Connection::Wants::to_write:
      return watch(client, EPOLLOUT);
    case Connection::Wants::to_wait:
      return start_waiting(client);
    case Connection::Wants::to_close:
      return drop(client);
  }
}

/// Nothing is read meanwhile: what a client sends ahead stays in its socket.
void Server::start_waiting(Client& client) {
  watch(client, 0);
  if (std::exchange(client.waiting, true)) return;
  waiting_.push_back({.due = Clock::now() + service::Query::kTakes, .client = &client});
}

void Server::resume_waiting() {
  if (waiting_.empty()) return;
  const Clock::time_point present = Clock::now();
  while (!waiting_.empty() && waiting_.front().due <= present) {
    Client& client = *waiting_.front().client;
    waiting_.pop_front();
    client.waiting = false;
    obey(client, client.connection.resume(mode_));
  }
}

void Server::watch(Client& client, std::uint32_t events) {
  if (client.watched == events) return;
  epoll_event event{.events = events, .data = {.ptr = &client}};
  epoll_ctl(epoll_.get(), client.watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, client.connection.fd(), &event);
  client.watched = events;
}

void Server::drop(Client& client) {
  if (client.waiting) std::erase_if(waiting_, [&](const Waiting& waiting) { return waiting.client == &client; });
  clients_.erase(client.self);
  if (mode_ == Connection::Mode::serving) set_accepting(Accepting::on);
}

/// A drain that takes too long ends whatever is left, as whoever sent SIGTERM will send SIGKILL next.
void Server::drop_overdue() {
  const std::time_t present = now();
  const bool drain_is_over = mode_ == Connection::Mode::draining && present >= drain_until_;
  while (!clients_.empty() && (drain_is_over || present >= clients_.front().last_active + kIdleSeconds)) {
    drop(clients_.front());
  }
}

/// Stops accepting, lets what was begun finish, and closes what only waits for another request.
void Server::drain() {
  if (mode_ == Connection::Mode::draining) return;
  accept_waiting();  // these clients are connected as far as they can tell
  mode_ = Connection::Mode::draining;
  drain_until_ = now() + kDrainSeconds;
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, listener_.get(), nullptr);
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, signals_.get(), nullptr);
  listener_ = net::Fd();
  for (auto client = clients_.begin(); client != clients_.end();) {
    const auto next = std::next(client);
    if (client->connection.is_idle()) drop(*client);
    client = next;
  }
}

/// Nothing when there is nothing to time out.
std::optional<std::chrono::nanoseconds> Server::time_to_wait() const {
  if (!waiting_.empty()) return std::max(waiting_.front().due - Clock::now(), Clock::duration::zero());
  if (clients_.empty()) return std::nullopt;
  std::time_t due = clients_.front().last_active + kIdleSeconds;
  if (mode_ == Connection::Mode::draining) due = std::min(due, drain_until_);
  // The coarse clock lags by a tick.
  return std::chrono::seconds(std::max<std::time_t>(due - now(), 0)) + std::chrono::milliseconds(4);
}
