#include <linux/io_uring.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

#include "launcher/base/fd.h"
#include "launcher/base/file.h"
#include "launcher/host/child_probe.h"
#include "launcher/host/probes.h"

namespace frostbyte::host {
namespace {

using Status = Finding::Status;

constexpr std::uint64_t kComfortableFiles = 4096;  // a batch of 64 slots holds some 10 each, and the launcher its own
constexpr std::int64_t kComfortableTasks = 512;

void tighten(LimitReading& reading, std::int64_t limit, const std::string& source) {
  if (reading.tasks && *reading.tasks <= limit) return;
  reading.tasks = limit;
  reading.tasks_source = source;
}

void tighten_by_file(LimitReading& reading, const std::filesystem::path& path) {
  if (const std::optional<std::int64_t> limit = read_integer(path)) tighten(reading, *limit, path.string());
}

/// Our own cgroup's pids.max; those of its parents are not visible from every cgroup namespace.
void tighten_by_cgroup(LimitReading& reading) {
  const Result<std::string> cgroups = read_file("/proc/self/cgroup");
  if (!cgroups) return;
  const auto path_after = [&](std::string_view mark) -> std::string {
    const std::size_t at = cgroups->find(mark);
    return at == std::string::npos ? "" : cgroups->substr(at + mark.size(), cgroups->find('\n', at) - at - mark.size());
  };
  tighten_by_file(reading, "/sys/fs/cgroup" + path_after("0::") + "/pids.max");
  tighten_by_file(reading, "/sys/fs/cgroup/pids" + path_after(":pids:") + "/pids.max");
}

}  // namespace

std::optional<std::int64_t> read_integer(const std::filesystem::path& path) {
  const Result<std::string> text = read_trimmed(path);
  std::int64_t value = 0;
  if (!text || std::from_chars(text->data(), text->data() + text->size(), value).ec != std::errc()) return std::nullopt;
  return value;
}

SpawnReading try_spawn() { return {.vfork_errno = try_clone3(CLONE_VM | CLONE_VFORK | CLONE_FILES)}; }

Finding judge(const SpawnReading& reading) {
  Finding finding{.group = Group::launching, .subject = "clone3 with vfork", .need = Finding::Need::essential};
  finding.detail = "CLONE_VM, VFORK, FILES and PIDFD: " + describe_errno(reading.vfork_errno);
  if (reading.vfork_errno == 0) return finding;
  finding.status = Status::unavailable;
  finding.consequence = "no function can be launched";
  finding.remedy = reading.vfork_errno == EPERM
                       ? "a container's syscall filter refuses it: run with --security-opt seccomp=unconfined"
                       : "Linux 5.5 or newer is needed, and a container runtime that lets clone3 through";
  return finding;
}

std::vector<Finding> judge(const NotificationReading& reading, std::optional<std::int64_t> yama_scope) {
  Finding trap{.group = Group::launching, .subject = "listen trap"};
  const int broken = reading.install_errno != 0   ? reading.install_errno
                     : reading.receive_errno != 0 ? reading.receive_errno
                     : reading.answer_errno != 0  ? reading.answer_errno
                                                  : reading.continue_errno;
  if (broken != 0 || (reading.getfd_errno == 0 && !reading.child_agrees)) {
    trap.status = Status::unavailable;
    trap.detail = broken != 0 ? describe_errno(broken) : "the child did not get the answer it was given";
    trap.consequence = "contract port cannot see the function listen; listen-fds and lambda still work";
    trap.remedy = reading.install_errno == EBUSY
                      ? "another filter with a listener is installed already: run outside of that container"
                      : "allow seccomp(2) user notification (Linux 5.5), e.g. outside of the container";
    return {trap};
  }
  trap.detail = "seccomp notified, answered for, continued; spec_allow";
  if (reading.killable_errno != 0) {
    trap.status = Status::degraded;
    trap.detail += "; no wait_killable_recv (" + describe_errno(reading.killable_errno) + ")";
    trap.consequence = "a signal while the function waits in listen restarts the call: Go's preemption can do that";
    trap.remedy = "Linux 5.19 or newer; or GODEBUG=asyncpreemptoff=1 for Go functions";
  }
  Finding getfd{.group = Group::launching, .subject = "pidfd_getfd"};
  getfd.detail =
      reading.getfd_errno == 0 ? "took a child's socket and listened on it" : describe_errno(reading.getfd_errno);
  if (yama_scope) getfd.detail += ", yama ptrace_scope " + std::to_string(*yama_scope);
  if (reading.getfd_errno != 0) {
    getfd.status = Status::degraded;
    getfd.consequence =
        "the launcher lets the function listen itself and connects after: some 20 us later, flagged listen_continued";
    getfd.remedy = yama_scope.value_or(0) > 1 ? "sysctl kernel.yama.ptrace_scope=1"
                                              : "allow pidfd_getfd in the container's syscall filter";
  }
  return {trap, getfd};
}

LimitReading read_limits() {
  LimitReading reading;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) reading.files = limit.rlim_max;
  // Root is exempt from RLIMIT_NPROC.
  if (::geteuid() != 0 && ::getrlimit(RLIMIT_NPROC, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
    tighten(reading, static_cast<std::int64_t>(limit.rlim_cur), "ulimit -u");
  }
  tighten_by_file(reading, "/proc/sys/kernel/threads-max");
  tighten_by_file(reading, "/proc/sys/kernel/pid_max");
  tighten_by_cgroup(reading);
  return reading;
}

std::vector<Finding> judge(const LimitReading& reading) {
  Finding files{.group = Group::launching, .subject = "open files"};
  files.detail = "at most " + std::to_string(reading.files);
  if (reading.files < kComfortableFiles) {
    files.status = Status::degraded;
    files.consequence = "fewer slots fit into a batch, so teardown comes more often";
    files.remedy = "ulimit -Hn " + std::to_string(kComfortableFiles) + " (as root), or LimitNOFILE= of the service";
  }
  Finding tasks{.group = Group::launching, .subject = "tasks"};
  if (!reading.tasks) {
    tasks.detail = "no limit seen";
    return {files, tasks};
  }
  tasks.detail = "at most " + std::to_string(*reading.tasks) + " (" + reading.tasks_source + ")";
  if (*reading.tasks < kComfortableTasks) {
    tasks.status = Status::degraded;
    tasks.consequence = "functions with many threads may fail to start: EAGAIN would be the host's doing, not theirs";
    tasks.remedy = "raise " + reading.tasks_source;
  }
  return {files, tasks};
}

IoUringReading try_io_uring() {
  io_uring_params parameters{};
  const Fd ring(static_cast<int>(::syscall(SYS_io_uring_setup, 1, &parameters)));
  return {.setup_errno = ring ? 0 : errno};
}

Finding judge(const IoUringReading& reading) {
  Finding finding{.group = Group::launching, .subject = "io_uring"};
  if (reading.setup_errno == 0) {
    finding.detail =
        "allowed; a function that listens through it passes by the trap and is found another way, flagged io_uring";
    return finding;
  }
  finding.status = Status::degraded;
  finding.detail = describe_errno(reading.setup_errno);
  finding.consequence = "functions built on io_uring fail here or take another path than in production";
  finding.remedy = reading.setup_errno == EPERM ? "sysctl kernel.io_uring_disabled=0, if production allows it" : "";
  return finding;
}

std::vector<Finding> examine_launching(const Surroundings&) {
  std::vector<Finding> findings = {judge(try_spawn())};
  if (const Result<NotificationReading> reading = try_notification()) {
    std::ranges::move(judge(*reading, read_integer("/proc/sys/kernel/yama/ptrace_scope")),
                      std::back_inserter(findings));
  } else {
    findings.push_back(broken_probe(Group::launching, "listen trap", reading.error()));
  }
  findings.push_back(judge(try_io_uring()));
  std::ranges::move(judge(read_limits()), std::back_inserter(findings));
  return findings;
}

}  // namespace frostbyte::host
