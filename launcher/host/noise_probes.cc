#include <fcntl.h>
#include <linux/membarrier.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <sstream>

#include "launcher/base/clock.h"
#include "launcher/base/fd.h"
#include "launcher/base/file.h"
#include "launcher/host/child_probe.h"
#include "launcher/host/probes.h"

namespace frostbyte::host {
namespace {

constexpr int kGracePeriods = 20;
constexpr int kBusyTurns = 400;
constexpr int kIdleTurns = 40;
constexpr int kNamespaces = 10;

struct CpuTimes {
  std::int64_t total = 0;
  std::int64_t steal = 0;
};

std::optional<CpuTimes> read_cpu_times() {
  const Result<std::string> stat = read_file("/proc/stat");
  if (!stat) return std::nullopt;
  std::istringstream line(stat->substr(0, stat->find('\n')));
  std::string label;
  line >> label;
  CpuTimes times;
  // user nice system idle iowait irq softirq steal; guest times are already in user
  for (int field = 1; field <= 8; ++field) {
    std::int64_t ticks = 0;
    if (!(line >> ticks)) return std::nullopt;
    times.total += ticks;
    if (field == 8) times.steal = ticks;
  }
  return times;
}

double percent(std::int64_t part, std::int64_t whole) {
  return whole <= 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

void pin_in_child(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(cpu), &set);
  ::sched_setaffinity(0, sizeof set, &set);
}

/// Half of a round trip through two eventfds, for each turn.
std::vector<Nanos> ping_pong_in_child(int ping, int pong, int turns, useconds_t pause) {
  std::vector<Nanos> halves;
  for (int i = 0; i < turns; ++i) {
    if (pause != 0) ::usleep(pause);
    const Instant start = MonotonicClock::now();
    std::uint64_t value = 1;
    if (::write(ping, &value, sizeof value) < 0 || ::read(pong, &value, sizeof value) < 0) break;
    halves.push_back((MonotonicClock::now() - start) / 2);
  }
  return halves;
}

WakeReading try_wake_in_child(int own_cpu, int other_cpu) {
  const Fd ping(::eventfd(0, EFD_CLOEXEC));
  const Fd pong(::eventfd(0, EFD_CLOEXEC));
  const pid_t partner = ::fork();
  if (partner == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    pin_in_child(other_cpu);
    std::uint64_t value = 0;
    while (::read(ping.get(), &value, sizeof value) > 0 && ::write(pong.get(), &value, sizeof value) > 0) {
    }
    ::_exit(0);
  }
  pin_in_child(own_cpu);
  WakeReading reading;
  ping_pong_in_child(ping.get(), pong.get(), 20, 0);  // both are awake and their pages are there
  reading.busy = spread_of(ping_pong_in_child(ping.get(), pong.get(), kBusyTurns, 0));
  reading.idle = spread_of(ping_pong_in_child(ping.get(), pong.get(), kIdleTurns, 2000));
  ::kill(partner, SIGKILL);
  ::waitpid(partner, nullptr, 0);
  return reading;
}

/// A child that makes a network namespace and ends: returns its errno.
int make_and_drop_netns_in_child() {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(::unshare(CLONE_NEWNET) == 0 ? 0 : errno);
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
}

/// The kernel frees a network namespace long after its last process. In a user namespace that may hold only one, the
/// next can be made exactly when the last is gone: that is the only notice an ordinary user gets.
std::optional<Nanos> try_netns_lifetime_in_child() {
  constexpr Nanos kLongest = std::chrono::seconds(1);
  if (enter_user_namespace_in_child() != 0) return std::nullopt;
  if (!write_value("/proc/sys/user/max_net_namespaces", "1")) return std::nullopt;
  if (make_and_drop_netns_in_child() != 0) return std::nullopt;
  const Instant gone = MonotonicClock::now();
  while (MonotonicClock::now() - gone < kLongest) {
    const int code = make_and_drop_netns_in_child();
    if (code == 0) return MonotonicClock::now() - gone;
    if (code != ENOSPC) return std::nullopt;
    ::usleep(500);
  }
  return std::nullopt;
}

struct NetnsCosts {
  int code = 0;
  Spread create;
};

NetnsCosts try_netns_creation_in_child(bool privileged) {
  if (!privileged) {
    if (const int code = enter_user_namespace_in_child(); code != 0) return {.code = code, .create = {}};
  }
  std::vector<Nanos> costs;
  for (int i = 0; i < kNamespaces; ++i) {
    const Instant start = MonotonicClock::now();
    if (::unshare(CLONE_NEWNET) != 0) return {.code = errno, .create = {}};
    costs.push_back(MonotonicClock::now() - start);
  }
  return {.code = 0, .create = spread_of(std::move(costs))};
}

}  // namespace

StealReading try_steal(Nanos window) {
  StealReading reading{.window = window};
  const std::optional<CpuTimes> before = read_cpu_times();
  ::usleep(static_cast<useconds_t>(window.count() / 1000));
  const std::optional<CpuTimes> after = read_cpu_times();
  if (!before || !after) return reading;
  reading.known = true;
  reading.now_percent = percent(after->steal - before->steal, after->total - before->total);
  reading.since_boot_percent = percent(after->steal, after->total);
  return reading;
}

RcuReading try_rcu() {
  std::vector<Nanos> periods;
  for (int i = 0; i < kGracePeriods; ++i) {
    const Instant start = MonotonicClock::now();
    // One synchronize_rcu() in the kernel, open to everyone.
    if (::syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) != 0) return {.code = errno, .grace = {}};
    periods.push_back(MonotonicClock::now() - start);
  }
  return {.code = 0, .grace = spread_of(std::move(periods))};
}

Result<WakeReading> try_wake(const sandbox::CpuChoice& cpus) {
  return in_child([&] { return try_wake_in_child(cpus.launcher, cpus.function.front()); });
}

Result<NetnsReading> try_netns() {
  const bool privileged = has_admin_capability();
  const NetnsCosts costs = TRY(in_child([privileged] { return try_netns_creation_in_child(privileged); }));
  NetnsReading reading{.code = costs.code, .create = costs.create, .lifetime = {}};
  if (costs.code == 0) reading.lifetime = TRY(in_child(try_netns_lifetime_in_child));
  return reading;
}

}  // namespace frostbyte::host
