// The probes of each group of the report. Reading is kept apart from judging: try_* does the thing and returns what
// happened, judge() turns that into a Finding and touches nothing, so that every verdict is tested without owning such
// a host.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "launcher/host/finding.h"
#include "launcher/host/spread.h"
#include "launcher/sandbox/cpu_layout.h"

namespace frostbyte::host {

struct Surroundings {
  std::optional<std::string> cgroup_parent;
  sandbox::CpuChoice cpus;
  std::string cpus_error;  ///< why there is no choice
};

/// No essential finding is unavailable.
bool can_measure(const std::vector<Finding>& findings);

std::vector<Finding> examine_launching(const Surroundings& around);
std::vector<Finding> examine_stamps(const Surroundings& around);
std::vector<Finding> examine_memory(const Surroundings& around);
std::vector<Finding> examine_isolation(const Surroundings& around);
std::vector<Finding> examine_noise(const Surroundings& around, const nlohmann::json& facts);

/// A message of the cgroup factory or of an Error, taken apart: the first line, and the first hint.
struct Reason {
  std::string cause{};
  std::string hint{};
};
Reason take_apart(std::string_view message);

/// A probe that could not even be made: the group goes on without it.
Finding broken_probe(Group group, std::string subject, const Error& error);

/// The integer a /proc or /sys file starts with; none when there is no such file or no integer in it ("max").
std::optional<std::int64_t> read_integer(const std::filesystem::path& path);

// --- launching -------------------------------------------------------------------------------------------------------

struct SpawnReading {
  int vfork_errno = 0;  ///< clone3 with CLONE_VM | CLONE_VFORK | CLONE_FILES | CLONE_PIDFD
};
SpawnReading try_spawn();
Finding judge(const SpawnReading& reading);

struct NotificationReading {
  int install_errno = 0;      ///< NEW_LISTENER with SPEC_ALLOW alone
  int killable_errno = 0;     ///< with WAIT_KILLABLE_RECV too (5.19)
  int receive_errno = 0;      ///< the notification of the function's listen(2)
  int getfd_errno = 0;        ///< pidfd_getfd of its socket
  int answer_errno = 0;       ///< an answer given on its behalf
  int continue_errno = 0;     ///< SECCOMP_USER_NOTIF_FLAG_CONTINUE
  bool child_agrees = false;  ///< the child saw what was answered
};
Result<NotificationReading> try_notification();
std::vector<Finding> judge(const NotificationReading& reading, std::optional<std::int64_t> yama_scope);

struct LimitReading {
  std::uint64_t files = 0;              ///< hard RLIMIT_NOFILE
  std::optional<std::int64_t> tasks{};  ///< the tightest of pids.max, RLIMIT_NPROC, threads-max
  std::string tasks_source{};
};
LimitReading read_limits();
std::vector<Finding> judge(const LimitReading& reading);

struct IoUringReading {
  int setup_errno = 0;
};
IoUringReading try_io_uring();
Finding judge(const IoUringReading& reading);

// --- stamps ----------------------------------------------------------------------------------------------------------

struct ClockReading {
  std::string source{};  ///< empty when sysfs does not say
  Nanos cost{};          ///< of one clock_gettime(CLOCK_MONOTONIC)
};
ClockReading try_clock();
Finding judge(const ClockReading& reading);

struct PerfReading {
  int open_errno = 0;
  int map_errno = 0;
  int exec_errno = 0;
  bool exec_recorded = false;   ///< a COMM record with the exec bit came
  bool within_bracket = false;  ///< its time lies between two readings of CLOCK_MONOTONIC around the exec
  Nanos after_fork{};
};
Result<PerfReading> try_perf();
Finding judge(const PerfReading& reading, std::optional<std::int64_t> paranoid);

struct TimestampReading {
  int connect_errno = 0;
  int option_errno = 0;
  int tries = 0;
  int stamped = 0;
  Nanos before_recv{};  ///< median distance from the kernel's stamp to the return of recv
};
Result<TimestampReading> try_timestamps();
Finding judge(const TimestampReading& reading);

// --- memory ----------------------------------------------------------------------------------------------------------

struct EvictionReading {
  int cachestat_errno = 0;
  bool evicted = false;
  bool mincore_agrees = false;
  std::string file_system{};
};
Result<EvictionReading> try_eviction();
std::vector<Finding> judge(const EvictionReading& reading);

struct ProcReading {
  int smaps_errno = 0;
  bool smaps_sane = false;  ///< Rss and Pss of a stopped child are there and Pss <= Rss
  int sched_errno = 0;
};
Result<ProcReading> try_proc_files();
std::vector<Finding> judge(const ProcReading& reading);

// --- isolation -------------------------------------------------------------------------------------------------------

struct NamespaceReading {
  bool privileged = false;
  int user_errno = 0;  ///< clone3(CLONE_NEWUSER)
  /// By kind; with CLONE_NEWUSER added when not privileged.
  std::vector<std::pair<std::string, int>> kinds{};
};
NamespaceReading try_namespaces();

struct UserNamespacePolicy {
  std::optional<std::int64_t> most;      ///< user.max_user_namespaces
  std::optional<std::int64_t> debian;    ///< kernel.unprivileged_userns_clone
  std::optional<std::int64_t> apparmor;  ///< kernel.apparmor_restrict_unprivileged_userns
};
UserNamespacePolicy read_user_namespace_policy();
std::vector<Finding> judge(const NamespaceReading& reading, const UserNamespacePolicy& policy);

struct MountReading {
  enum class Step : std::uint8_t {
    user_namespace,
    mount_namespace,
    make_private,
    tmpfs,
    pivot_root,
    detach,
    pid_namespace,
    proc,
    done
  };
  Step failed = Step::done;
  int code = 0;
};
Result<MountReading> try_mounts();
Finding judge(const MountReading& reading, const UserNamespacePolicy& policy);

// --- noise -----------------------------------------------------------------------------------------------------------

struct StealReading {
  bool known = false;
  double now_percent = 0;  ///< over the window
  double since_boot_percent = 0;
  Nanos window{};
};
StealReading try_steal(Nanos window);
Finding judge(const StealReading& reading);

struct RcuReading {
  int code = 0;
  Spread grace;
};
RcuReading try_rcu();
Finding judge(const RcuReading& reading);

struct WakeReading {
  Spread busy;  ///< ping-pong without pause
  Spread idle;  ///< after both CPUs slept 2 ms
};
Result<WakeReading> try_wake(const sandbox::CpuChoice& cpus);
Finding judge(const WakeReading& reading, const sandbox::CpuChoice& cpus);

struct NetnsReading {
  int code = 0;
  Spread create;
  std::optional<Nanos> lifetime{};  ///< from the last process' end until the kernel had freed it
};
Result<NetnsReading> try_netns();
Finding judge(const NetnsReading& reading);

Finding judge_cores(const Surroundings& around, const nlohmann::json& facts);
/// What facts alone tell: frequency, idle states, mitigations, address layout, huge pages, core dumps, pressure.
/// `latency_file`: /dev/cpu_dma_latency may be written.
std::vector<Finding> judge_settings(const nlohmann::json& facts, bool latency_file);

}  // namespace frostbyte::host
