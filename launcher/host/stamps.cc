#include <time.h>  // before errqueue.h, which needs timespec

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "launcher/base/clock.h"
#include "launcher/base/fd.h"
#include "launcher/base/file.h"
#include "launcher/host/child_probe.h"
#include "launcher/host/probes.h"

namespace frostbyte::host {
namespace {

using Status = Finding::Status;

constexpr Nanos kCheapClock{200};  // a vDSO read takes 20 to 60 ns anywhere; more means a system call for each stamp
constexpr int kRoundTrips = 50;
constexpr int kWarmUps = 100;
constexpr useconds_t kWarmUpPause = 5000;

Nanos nanos_of(const timespec& time) { return std::chrono::seconds(time.tv_sec) + Nanos(time.tv_nsec); }

Nanos realtime() {
  timespec time{};
  ::clock_gettime(CLOCK_REALTIME, &time);
  return nanos_of(time);
}

/// The kernel's software stamp of the bytes received, CLOCK_REALTIME; zero when there is none.
Nanos stamp_in(msghdr& message) {
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SO_TIMESTAMPING) continue;
    scm_timestamping stamps{};
    std::memcpy(&stamps, CMSG_DATA(header), sizeof stamps);
    return nanos_of(stamps.ts[0]);
  }
  return {};
}

/// One byte from server to client. Adds to the reading; the distance from stamp to recv goes into `distances`.
void round_trip(int server, int client, TimestampReading& reading, std::vector<Nanos>& distances) {
  char byte = 'x';
  alignas(cmsghdr) char control[256];
  iovec buffer{.iov_base = &byte, .iov_len = 1};
  msghdr message{};
  message.msg_iov = &buffer;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  if (::send(server, &byte, 1, 0) != 1 || ::recvmsg(client, &message, 0) != 1) return;
  const Nanos now = realtime();
  ++reading.tries;
  const Nanos stamp = stamp_in(message);
  if (stamp == Nanos{}) return;
  ++reading.stamped;
  distances.push_back(now - stamp);
}

struct Connection {
  Fd server;
  Fd client;
};

Result<Connection> connect_loopback() {
  const Fd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  Fd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (!listener || !client || ::bind(listener.get(), generic, size) != 0 || ::listen(listener.get(), 1) != 0 ||
      ::getsockname(listener.get(), generic, &size) != 0 || ::connect(client.get(), generic, size) != 0) {
    return system_failure("connect to", "127.0.0.1");
  }
  Fd server(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!server) return system_failure("accept on", "127.0.0.1");
  return Connection{std::move(server), std::move(client)};
}

TimestampReading try_timestamps_in_child() {
  TimestampReading reading;
  const Result<Connection> connection = connect_loopback();
  if (!connection) return {.connect_errno = connection.error().code};
  const int client = connection->client.get();
  const int flags = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;
  if (::setsockopt(client, SOL_SOCKET, SO_TIMESTAMPING, &flags, sizeof flags) != 0) return {.option_errno = errno};
  // The first socket to ask switches stamping on in the whole kernel, by a deferred work item: wait for it, bounded.
  std::vector<Nanos> distances;
  TimestampReading warm_up;
  for (int i = 0; i < kWarmUps && warm_up.stamped == 0; ++i) {
    round_trip(connection->server.get(), client, warm_up, distances);
    ::usleep(kWarmUpPause);
  }
  distances.clear();
  for (int i = 0; i < kRoundTrips; ++i) round_trip(connection->server.get(), client, reading, distances);
  reading.before_recv = spread_of(std::move(distances)).median;
  return reading;
}

}  // namespace

ClockReading try_clock() {
  ClockReading reading;
  reading.source = read_trimmed("/sys/devices/system/clocksource/clocksource0/current_clocksource").value_or("");
  constexpr int kCalls = 2000;
  reading.cost = Nanos::max();
  for (int batch = 0; batch < 5; ++batch) {  // the cheapest batch: the others were interrupted
    const Instant start = MonotonicClock::now();
    for (int i = 1; i < kCalls; ++i) MonotonicClock::now();
    reading.cost = std::min(reading.cost, (MonotonicClock::now() - start) / kCalls);
  }
  return reading;
}

Finding judge(const ClockReading& reading) {
  Finding finding{.group = Group::stamps, .subject = "clock"};
  const bool counter = reading.source == "tsc" || reading.source == "arch_sys_counter";
  const std::string source = reading.source.empty() ? "clock source unknown" : reading.source;
  finding.detail = source + ", " + human(reading.cost) + " a reading";
  if (reading.cost <= kCheapClock && (counter || reading.source.empty())) return finding;
  finding.status = Status::degraded;
  finding.consequence = reading.cost > kCheapClock
                            ? "each stamp is a system call or an exit to the hypervisor, and part of what it measures"
                            : "the hypervisor's clock may be stepped or coarser than the CPU's own counter";
  finding.remedy =
      "boot with clocksource=tsc tsc=reliable if this CPU has an invariant TSC; see available_clocksource in sysfs";
  return finding;
}

Result<TimestampReading> try_timestamps() { return in_child(try_timestamps_in_child); }

Finding judge(const TimestampReading& reading) {
  Finding finding{.group = Group::stamps, .subject = "receive stamp"};
  if (reading.connect_errno != 0) {
    finding.status = Status::unavailable;
    finding.detail = "no TCP over 127.0.0.1: " + describe_errno(reading.connect_errno);
    finding.consequence = "functions can only be reached in a network namespace of their own";
    finding.remedy = "ip link set lo up";
    return finding;
  }
  if (reading.option_errno == 0 && reading.tries > 0 && reading.stamped == reading.tries) {
    finding.detail = std::to_string(reading.stamped) + " of " + std::to_string(reading.tries) +
                     " stamped by the kernel, " + human(reading.before_recv) + " before recv returned";
    return finding;
  }
  finding.status = Status::degraded;
  finding.detail = reading.option_errno != 0
                       ? describe_errno(reading.option_errno)
                       : std::to_string(reading.stamped) + " of " + std::to_string(reading.tries) + " stamped";
  finding.consequence = "first_byte is then the return of recv, 10 to 20 us late; the sample says which";
  finding.remedy = "a kernel with software time stamping, not a user-space network stack such as gVisor's";
  return finding;
}

std::vector<Finding> examine_stamps(const Surroundings&) {
  std::vector<Finding> findings = {judge(try_clock())};
  const Result<TimestampReading> stamps = try_timestamps();
  findings.push_back(stamps ? judge(*stamps) : broken_probe(Group::stamps, "receive stamp", stamps.error()));
  const Result<PerfReading> perf = try_perf();
  findings.push_back(perf ? judge(*perf, read_integer("/proc/sys/kernel/perf_event_paranoid"))
                          : broken_probe(Group::stamps, "exec stamp", perf.error()));
  return findings;
}

}  // namespace frostbyte::host
