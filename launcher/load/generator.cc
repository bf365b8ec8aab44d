#include "launcher/load/generator.h"

#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <numeric>

#include "launcher/load/connection.h"
#include "launcher/load/response_check.h"
#include "launcher/load/wire.h"

namespace frostbyte::load {
namespace {

using contract::Waiting;

/// How often timeouts and the interruption are looked after, and the longest sleep.
constexpr Nanos kChore = std::chrono::milliseconds(5);
/// A connection that could not be made is not tried again before this, or a dead server would be all the load.
constexpr Nanos kConnectPause = std::chrono::milliseconds(2);
/// Tags of epoll below this are connections; above are attended descriptors.
constexpr std::uint64_t kAttendedTag = 1ULL << 32;
constexpr std::uint64_t kServerTag = 1ULL << 33;

struct Request {
  Instant due;
  bool measured = false;  ///< of the window
  Instant sent{};
};

struct Client {
  Connection connection;
  std::optional<Request> request{};  ///< on its way
  Instant rests_until{};             ///< after a failure to connect
};

/// Intervals between spins give the other hardware thread of this core its turn.
void relax() {
  for (int i = 0; i < 16; ++i) __builtin_ia32_pause();
}

class Generator {
 public:
  Generator(const Load& load, const contract::Address& server, const Surroundings& surroundings)
      : spec_(load.spec),
        server_(server),
        surroundings_(surroundings),
        wire_(keep_alive_wire(load.workload.request, server)),
        check_(load.workload.expectation) {
    for (std::uint32_t i = 0; i < spec_.connections; ++i) {
      clients_.push_back({.connection = Connection(wire_, load.workload.request.method)});
      idle_.push_back(i);
    }
  }

  Result<Tally> run() {
    TRY(open());
    start_ = MonotonicClock::now();
    window_begin_ = start_ + spec_.warmup;
    window_end_ = window_begin_ + spec_.duration;
    tally_.window = spec_.duration;
    while (!ended_) {
      advance_phase();
      if (ended_) break;
      send_due();
      wait();
    }
    for (Client& client : clients_) client.connection.disconnect();
    return std::move(tally_);
  }

 private:
  enum class Phase : std::uint8_t { warmup, window, last_responses };

  // ---- descriptors ----

  Result<void> open() {
    epoll_ = Fd(::epoll_create1(EPOLL_CLOEXEC));
    if (!epoll_) return system_failure("open", "an epoll instance");
    if (surroundings_.pidfd >= 0) TRY(watch(surroundings_.pidfd, kServerTag));
    for (const int fd : surroundings_.attended)
      if (fd >= 0) TRY(watch(fd, kAttendedTag + static_cast<std::uint64_t>(fd)));
    return {};
  }

  Result<void> watch(int fd, std::uint64_t tag) const {
    epoll_event event{.events = EPOLLIN, .data = {.u64 = tag}};
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) return system_failure("watch", "a descriptor");
    return {};
  }

  void attend(int fd, std::uint32_t events) const {
    if ((events & EPOLLIN) != 0) return surroundings_.attend(fd);
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);  // hung up: it would be ready for ever
  }

  // ---- phases ----

  void advance_phase() {
    const Instant now = MonotonicClock::now();
    if (phase_ == Phase::warmup && now >= window_begin_) {
      phase_ = Phase::window;
      call(surroundings_.window_begins);
    }
    if (phase_ == Phase::window && now >= window_end_) {
      phase_ = Phase::last_responses;
      call(surroundings_.window_ended);
    }
    if (phase_ == Phase::last_responses && (window_is_answered() || now >= window_end_ + spec_.timeout)) finish(now);
    if (now >= next_chore_) do_chores(now);
  }

  /// All requests of the window have been sent and have come to their end.
  [[nodiscard]] bool window_is_answered() const {
    const bool all_sent = !spec_.rate || due_time(next_) >= window_end_;
    return all_sent && measured_on_their_way_ == 0;
  }

  void finish(Instant now) {
    call(surroundings_.under_load);
    for (Client& client : clients_)
      if (client.request && client.request->measured) give_up(client, Fault::timeout, now);
    for (; spec_.rate && due_time(next_) < window_end_; ++next_) {
      if (due_time(next_) < window_begin_) continue;
      ++tally_.requests;
      tally_.latency.record(now - due_time(next_));
      note(Fault::unanswered, "no connection became free for it");
    }
    ended_ = true;
  }

  void do_chores(Instant now) {
    next_chore_ = now + kChore;
    if (surroundings_.interrupted != nullptr && *surroundings_.interrupted) stop(Conclusion::interrupted);
    for (std::uint32_t i = 0; i < clients_.size(); ++i) {
      Client& client = clients_[i];
      // From the sending: in an overload every request is late, and giving all of them up would be a load of its own.
      if (!client.request || now < client.request->sent + spec_.timeout) continue;
      give_up(client, Fault::timeout, now);
      idle_.push_back(i);
    }
  }

  void stop(Conclusion conclusion) {
    tally_.conclusion = conclusion;
    ended_ = true;
  }

  static void call(const std::function<void()>& hook) {
    if (hook) hook();
  }

  // ---- sending ----

  [[nodiscard]] Instant due_time(std::uint64_t request) const {
    return start_ + Nanos(std::llround(static_cast<double>(request) * 1e9 / *spec_.rate));
  }

  void send_due() {
    if (spec_.rate) return send_scheduled();
    // Connections that rest are put back; each is looked at once.
    for (std::size_t left = idle_.size(); left > 0; --left) {
      const std::uint32_t index = take_idle();
      const Instant now = MonotonicClock::now();
      if (now < clients_[index].rests_until) {
        idle_.push_back(index);
      } else {
        send(index, {.due = now, .measured = phase_ == Phase::window, .sent = now});
      }
    }
  }

  void send_scheduled() {
    while (true) {
      const Instant now = MonotonicClock::now();
      const Instant due = due_time(next_);
      if (due > now) {
        starved_ = false;
        return;
      }
      const auto index = take_rested(now);
      if (!index) {
        starved_ = true;  // what is sent late from here on is the server's doing
        return;
      }
      const bool measured = due >= window_begin_ && due < window_end_;
      if (measured && !starved_) tally_.lag.record(now - due);
      ++next_;
      send(*index, {.due = due, .measured = measured, .sent = now});
    }
  }

  std::uint32_t take_idle() {
    const std::uint32_t index = idle_.front();
    idle_.pop_front();
    return index;
  }

  /// First in, first out, so that all connections carry the load.
  std::optional<std::uint32_t> take_rested(Instant now) {
    for (std::size_t left = idle_.size(); left > 0; --left) {
      const std::uint32_t index = take_idle();
      if (now >= clients_[index].rests_until) return index;
      idle_.push_back(index);
    }
    return std::nullopt;
  }

  void send(std::uint32_t index, Request request) {
    Client& client = clients_[index];
    client.request = request;
    tally_.requests += request.measured;
    measured_on_their_way_ += request.measured;
    settle(index, client.connection.send_request(server_, epoll_.get(), index));
  }

  // ---- receiving ----

  void wait() {
    std::array<epoll_event, 256> events;
    const int ready = wait_for_events(events);
    for (int i = 0; i < ready && !ended_; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      if (event.data.u64 == kServerTag) {
        server_ended_ = true;  // after the events of this round: data wins over exit
      } else if (event.data.u64 >= kAttendedTag) {
        attend(static_cast<int>(event.data.u64 - kAttendedTag), event.events);
      } else {
        advance(static_cast<std::uint32_t>(event.data.u64), event.events);
      }
    }
    if (server_ended_ && !ended_) stop(Conclusion::server_ended);
  }

  int wait_for_events(std::span<epoll_event> events) {
    const bool spins = surroundings_.waiting == Waiting::spinning;
    const Nanos most = spins ? Nanos(0) : time_to_next_duty();
    const timespec timeout{.tv_sec = most.count() / 1'000'000'000, .tv_nsec = most.count() % 1'000'000'000};
    // By number: glibc 2.35 has epoll_pwait2, older ones do not. Linux 5.11.
    const long ready = ::syscall(SYS_epoll_pwait2, epoll_.get(), events.data(), events.size(), &timeout, nullptr, 0);
    if (ready == 0 && spins) relax();
    return static_cast<int>(std::max(ready, 0L));
  }

  [[nodiscard]] Nanos time_to_next_duty() const {
    Instant until = next_chore_;
    if (spec_.rate && !starved_) until = std::min(until, due_time(next_));
    if (phase_ == Phase::warmup) until = std::min(until, window_begin_);
    if (phase_ == Phase::window) until = std::min(until, window_end_);
    if (!spec_.rate && !idle_.empty()) until = std::min(until, clients_[idle_.front()].rests_until);
    return std::max(until - MonotonicClock::now(), Nanos(0));
  }

  void advance(std::uint32_t index, std::uint32_t events) {
    Client& client = clients_[index];
    if (!client.connection.is_open()) return;
    if (client.request) return settle(index, client.connection.advance(events));
    // Nothing was asked: the server closes an idle connection, as it may.
    if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
      client.connection.disconnect();
      tally_.reconnects += phase_ == Phase::window;
    }
  }

  void settle(std::uint32_t index, Connection::Progress progress) {
    Client& client = clients_[index];
    switch (progress) {
      case Connection::Progress::waits:
        return;
      case Connection::Progress::answered:
        take_response(client);
        break;
      case Connection::Progress::no_connection:
        client.rests_until = MonotonicClock::now() + kConnectPause;
        fail(client, Fault::connect, client.connection.problem());
        break;
      case Connection::Progress::broken:
        fail(client, Fault::broken, client.connection.problem());
        break;
    }
    idle_.push_back(index);
  }

  void take_response(Client& client) {
    const Instant now = MonotonicClock::now();
    const Receiver& response = client.connection.response();
    if (const auto problem = check_.problem_of(response.status(), response.body())) {
      fail(client, Fault::wrong, *problem);
    } else {
      tally_.completed += now >= window_begin_ && now < window_end_;
      if (client.request->measured) tally_.latency.record(now - client.request->due);
      end_request(client);
    }
    tally_.reconnects += client.connection.finish_response() && phase_ == Phase::window;
  }

  void fail(Client& client, Fault fault, const std::string& problem) {
    if (client.request->measured) note(fault, problem);
    end_request(client);
  }

  /// The time waited is the least that an answer would have taken: leaving it out would flatter the server.
  void give_up(Client& client, Fault fault, Instant now) {
    if (client.request->measured) tally_.latency.record(now - client.request->due);
    fail(client, fault, "no response within " + frostbyte::to_string(spec_.timeout));
    client.connection.disconnect();
  }

  void end_request(Client& client) {
    measured_on_their_way_ -= client.request->measured;
    client.request.reset();
  }

  void note(Fault fault, const std::string& problem) {
    ++tally_.faults[static_cast<std::size_t>(fault)];
    if (tally_.first_problem.empty()) tally_.first_problem = problem;
  }

  const Spec spec_;
  const contract::Address server_;
  const Surroundings& surroundings_;
  const std::string wire_;
  ResponseCheck check_;
  Fd epoll_;
  std::vector<Client> clients_;
  std::deque<std::uint32_t> idle_;

  Instant start_, window_begin_, window_end_, next_chore_;
  Phase phase_ = Phase::warmup;
  bool ended_ = false;
  bool server_ended_ = false;
  bool starved_ = false;    // a request is due and every connection is busy
  std::uint64_t next_ = 0;  // the first request of the schedule that was not sent
  std::uint64_t measured_on_their_way_ = 0;
  Tally tally_;
};

}  // namespace

std::string_view to_string(Fault fault) {
  switch (fault) {
    case Fault::connect:
      return "connect";
    case Fault::broken:
      return "broken";
    case Fault::wrong:
      return "wrong";
    case Fault::timeout:
      return "timeout";
    case Fault::unanswered:
      return "unanswered";
  }
  return "";
}

std::uint64_t Tally::failed() const { return std::accumulate(faults.begin(), faults.end(), std::uint64_t{0}); }

double Tally::throughput() const {
  return static_cast<double>(completed) / std::chrono::duration<double>(window).count();
}

Result<Tally> drive(const Load& load, const contract::Address& server, const Surroundings& surroundings) {
  return Generator(load, server, surroundings).run();
}

}  // namespace frostbyte::load
