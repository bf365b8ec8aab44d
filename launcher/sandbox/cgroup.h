// One launch's cgroup, on whichever cgroup version this host has. The back end is chosen by probing, once.
// Three implementations: cgroup_v2.cc, cgroup_v1.cc and NoCgroup in cgroup.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "launcher/base/clock.h"
#include "launcher/base/result.h"
#include "launcher/base/units.h"

namespace frostbyte::sandbox {

enum class CgroupVersion : std::uint8_t { v2, v1, none };
std::string_view to_string(CgroupVersion version);

struct Limits {
  std::optional<Bytes> memory;        ///< hard limit; swap excluded
  std::optional<double> cpus;         ///< 0.5 = half a CPU, as quota per 100 ms
  std::optional<std::int64_t> tasks;  ///< pids.max
  bool operator==(const Limits&) const = default;
};

/// A value or the reason it cannot be had on this host. Never 0 for "unknown".
template <class T>
struct Reading {
  std::optional<T> value;
  std::string unavailable;  ///< the reason; set exactly when value is not
};

struct CgroupUsage {
  Reading<Bytes> current;   ///< charged now (v2 memory.current, v1 memory.usage_in_bytes)
  Reading<Bytes> peak;      ///< v2 memory.peak (5.19), v1 memory.max_usage_in_bytes
  Reading<Bytes> anon;      ///< memory.stat anon (v1: rss)
  Reading<Bytes> file;      ///< memory.stat file (v1: cache)
  Reading<Bytes> shared;    ///< of `file`, memory without one: tmpfs, memfd, shared anonymous (memory.stat shmem)
  Bytes peak_quantum;       ///< charges are batched: the peak is uncertain by this much (64 pages per CPU used)
  Reading<Nanos> cpu_time;  ///< v2 cpu.stat usage_usec, v1 cpuacct.usage_percpu, summed
};

/// Owns one cgroup directory (v1: one per hierarchy). The destructor kills what is inside and removes it.
class Cgroup {
 public:
  virtual ~Cgroup() = default;
  [[nodiscard]] virtual CgroupVersion version() const = 0;
  /// v2: the directory's descriptor for CLONE_INTO_CGROUP; else -1.
  [[nodiscard]] virtual int clone_into_fd() const = 0;
  /// v1: descriptors of `tasks` files; the child enters by writing "0" to each. Empty elsewhere.
  [[nodiscard]] virtual std::span<const int> join_fds() const = 0;
  [[nodiscard]] virtual Result<CgroupUsage> usage() const = 0;
  /// Every process in the cgroup, in the launcher's pid namespace. Empty for none.
  [[nodiscard]] virtual Result<std::vector<pid_t>> processes() const = 0;
  /// True when the kernel's OOM killer ended something in here. None: false, for no limit of ours can have been hit.
  [[nodiscard]] virtual Result<bool> oom_killed() const = 0;
  /// True when a fork was refused by pids.max.
  [[nodiscard]] virtual Result<bool> tasks_limit_hit() const = 0;
  /// SIGKILL to all, including anything forked meanwhile (v2 cgroup.kill; v1 repeated until empty or the deadline).
  virtual Result<void> kill_all(Nanos deadline) = 0;
  /// Removes the directory; bounded wait for EBUSY. Idempotent. Errors name what is still inside.
  virtual Result<void> remove(Nanos deadline) = 0;
};

/// Makes cgroups below a parent found by probing. Owns the parent directory `frostbyte-PID-START-N` it creates;
/// the last of the factory and its cgroups removes it.
class CgroupFactory {
 public:
  /// `parent`: a directory given by the user (--cgroup-parent), else the cgroup this process is in.
  /// Never fails for lack of cgroups: the version is then none, and `reason()` says why and what would help. Errors:
  /// the given parent does not exist or cannot be used.
  static Result<std::unique_ptr<CgroupFactory>> probe(const std::optional<std::string>& parent);
  virtual ~CgroupFactory() = default;
  [[nodiscard]] virtual CgroupVersion version() const = 0;
  [[nodiscard]] virtual const std::string& reason() const = 0;  ///< empty when everything works
  /// What of Limits and CgroupUsage this back end can give, by name with reason: for doctor and METHOD.md.
  [[nodiscard]] virtual std::vector<std::pair<std::string, std::string>> missing() const = 0;
  virtual Result<std::unique_ptr<Cgroup>> create(const Limits& limits) = 0;
  /// Makes the kernel gather the statistics of all launches' cgroups together, as far as it does that on demand: what
  /// usage() states next is short by at most `statistics_quantum()` in all of them together.
  virtual void gather_statistics() const {}
};

/// Changes the kernel may hold back before it gathers statistics: a batch of pages a processor.
Bytes statistics_quantum();

/// Finds `frostbyte-PID-START-N` directories, in every hierarchy, whose process is dead (start time checked) and whose
/// lock nobody holds: left by a killed run.
Result<std::vector<std::string>> find_stale_cgroups();
/// Kills what is inside those directories and removes them.
Result<void> remove_stale_cgroup(const std::string& directory);

}  // namespace frostbyte::sandbox
