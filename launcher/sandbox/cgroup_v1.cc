// Version 1: one directory per hierarchy. A launch gets a directory only in the hierarchies it needs, because each
// costs a mkdir, a join in the child and an rmdir: memory and cpuacct for figures, cpu and pids only when a limit is
// set.
#include <fcntl.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cmath>

#include "launcher/sandbox/cgroup_directory.h"
#include "launcher/sandbox/cgroup_factories.h"

namespace frostbyte::sandbox {
namespace {

constexpr std::string_view kMemory = "memory";
constexpr std::string_view kCpu = "cpu";
constexpr std::string_view kCpuAccounting = "cpuacct";
constexpr std::string_view kTasks = "pids";
/// In the order a child joins them: kill_all trusts the first to hold every process.
constexpr std::array kUsed = {kMemory, kCpuAccounting, kCpu, kTasks};

constexpr std::int64_t kPeriodMicroseconds = 100'000;

/// The run's directory in one hierarchy, and below what it was made.
struct RunPlace {
  std::vector<std::string> controllers;
  CgroupDirectory base;  // declared before `run`: it is the parent
  CgroupDirectory run;

  [[nodiscard]] bool has(std::string_view controller) const {
    return std::ranges::find(controllers, controller) != controllers.end();
  }
};

/// Shared by the factory and every cgroup it made: the run's directories are removed when the last of them goes.
struct Run {
  std::vector<RunPlace> places;  ///< in the order of kUsed
  Missing missing;
  std::atomic<std::uint64_t> made = 0;

  [[nodiscard]] const RunPlace* place_of(std::string_view controller) const {
    const auto found = std::ranges::find_if(places, [&](const RunPlace& place) { return place.has(controller); });
    return found == places.end() ? nullptr : &*found;
  }
  [[nodiscard]] std::string why_missing(std::string_view controller) const {
    const auto found = std::ranges::find(missing, controller, &std::pair<std::string, std::string>::first);
    return found == missing.end() ? std::string() : found->second;
  }
};

struct Member {
  const RunPlace* place;
  CgroupDirectory directory;
};

class CgroupV1 final : public Cgroup {
 public:
  explicit CgroupV1(std::shared_ptr<Run> run) : run_(std::move(run)) {}

  Result<void> enter(const RunPlace& place, const std::string& name);
  Result<void> apply(const Limits& limits);

  CgroupVersion version() const override { return CgroupVersion::v1; }
  int clone_into_fd() const override { return -1; }
  std::span<const int> join_fds() const override { return join_numbers_; }
  Result<CgroupUsage> usage() const override;
  Result<std::vector<pid_t>> processes() const override;
  Result<bool> oom_killed() const override;
  Result<bool> tasks_limit_hit() const override;
  Result<void> kill_all(Nanos deadline) override;
  Result<void> remove(Nanos deadline) override;

 private:
  [[nodiscard]] const CgroupDirectory* directory_of(std::string_view controller) const;
  Result<void> limit_memory(Bytes limit);
  Result<void> limit_cpus(double cpus);
  Result<void> limit_tasks(std::int64_t tasks);
  void read_memory(CgroupUsage& usage) const;
  void read_processors(CgroupUsage& usage) const;
  [[nodiscard]] Reading<Bytes> read_bytes(CgroupFile& file, const CgroupDirectory& directory) const;

  std::shared_ptr<Run> run_;  // declared first: the run's directories are the members' parents
  std::vector<Member> members_;
  std::vector<Fd> joins_;
  std::vector<int> join_numbers_;
  mutable CgroupFile current_{"memory.usage_in_bytes"};
  mutable CgroupFile peak_{"memory.max_usage_in_bytes"};
  mutable CgroupFile stat_{"memory.stat"};
  mutable CgroupFile cpu_times_{"cpuacct.usage_percpu"};
};

Result<void> CgroupV1::enter(const RunPlace& place, const std::string& name) {
  if (std::ranges::find(members_, &place, &Member::place) != members_.end()) return {};
  members_.push_back({&place, TRY(CgroupDirectory::create(place.run, name))});
  // `tasks`, not cgroup.procs: moving one thread needs no system-wide lock, moving a process does.
  joins_.push_back(TRY(members_.back().directory.open("tasks", O_WRONLY)));
  join_numbers_.push_back(joins_.back().get());
  return {};
}

const CgroupDirectory* CgroupV1::directory_of(std::string_view controller) const {
  const auto found =
      std::ranges::find_if(members_, [&](const Member& member) { return member.place->has(controller); });
  return found == members_.end() ? nullptr : &found->directory;
}

Result<void> CgroupV1::apply(const Limits& limits) {
  if (limits.memory) TRY(limit_memory(*limits.memory));
  if (limits.cpus) TRY(limit_cpus(*limits.cpus));
  if (limits.tasks) TRY(limit_tasks(*limits.tasks));
  return {};
}

Result<void> CgroupV1::limit_memory(Bytes limit) {
  const CgroupDirectory& directory = *directory_of(kMemory);
  const std::string value = std::to_string(limit.count);
  TRY(directory.write("memory.limit_in_bytes", value));
  // Memory and swap together may be no more than memory alone. Without swap accounting this group at least never swaps
  // on its own account.
  if (directory.has("memory.memsw.limit_in_bytes")) return directory.write("memory.memsw.limit_in_bytes", value);
  static_cast<void>(directory.write("memory.swappiness", "0"));
  return {};
}

Result<void> CgroupV1::limit_cpus(double cpus) {
  const CgroupDirectory& directory = *directory_of(kCpu);
  TRY(directory.write("cpu.cfs_period_us", std::to_string(kPeriodMicroseconds)));
  return directory.write("cpu.cfs_quota_us", std::to_string(std::llround(cpus * kPeriodMicroseconds)));
}

Result<void> CgroupV1::limit_tasks(std::int64_t tasks) {
  return directory_of(kTasks)->write("pids.max", std::to_string(tasks));
}

Reading<Bytes> CgroupV1::read_bytes(CgroupFile& file, const CgroupDirectory& directory) const {
  char buffer[64];
  const auto text = file.read(directory, buffer);
  if (!text) return unknown<Bytes>(text.error().message());
  const auto number = leading_number(*text);
  return number ? known(Bytes{*number}) : unknown<Bytes>(std::string(file.name()) + " holds no number");
}

void CgroupV1::read_memory(CgroupUsage& usage) const {
  const CgroupDirectory* directory = directory_of(kMemory);
  if (directory == nullptr) {
    usage.current = usage.peak = usage.anon = usage.file = usage.shared = unknown<Bytes>(run_->why_missing(kMemory));
    return;
  }
  usage.current = read_bytes(current_, *directory);
  usage.peak = read_bytes(peak_, *directory);
  char buffer[4096];
  const auto stat = stat_.read(*directory, buffer);
  const auto from_stat = [&](std::string_view key) {
    if (!stat) return unknown<Bytes>(stat.error().message());
    const auto number = number_of(*stat, key);
    return number ? known(Bytes{*number}) : unknown<Bytes>("memory.stat has no " + std::string(key));
  };
  usage.anon = from_stat("rss");
  usage.file = from_stat("cache");
  usage.shared = from_stat("shmem");
}

/// One file gives both: the time is the sum over processors, and only those on which the group has run can hold a batch
/// of charges.
void CgroupV1::read_processors(CgroupUsage& usage) const {
  usage.peak_quantum = Bytes{charge_batch().count * online_processors()};
  const CgroupDirectory* directory = directory_of(kCpuAccounting);
  if (directory == nullptr) {
    usage.cpu_time = unknown<Nanos>(run_->why_missing(kCpuAccounting));
    return;
  }
  char buffer[16384];
  const auto text = cpu_times_.read(*directory, buffer);
  if (!text) {
    usage.cpu_time = unknown<Nanos>(text.error().message());
    return;
  }
  std::int64_t total = 0, used = 0;
  for (const std::string_view word : words(*text, ' ')) {
    const std::int64_t time = leading_number(word).value_or(0);
    total += time;
    if (time > 0) ++used;
  }
  usage.cpu_time = known(Nanos(total));
  usage.peak_quantum = Bytes{charge_batch().count * std::max<std::int64_t>(1, used)};
}

Result<CgroupUsage> CgroupV1::usage() const {
  CgroupUsage usage;
  read_memory(usage);
  read_processors(usage);
  return usage;
}

Result<std::vector<pid_t>> CgroupV1::processes() const { return members_.front().directory.processes(); }

Result<bool> CgroupV1::oom_killed() const {
  const CgroupDirectory* directory = directory_of(kMemory);
  if (directory == nullptr) return false;  // nothing of ours limits memory
  const std::string text = TRY(directory->read("memory.oom_control"));
  const auto kills = number_of(text, "oom_kill");  // Linux 4.13
  if (!kills)
    return failure("read oom_kill in", directory->path() + "/memory.oom_control", "this kernel does not count");
  return *kills > 0;
}

Result<bool> CgroupV1::tasks_limit_hit() const {
  const CgroupDirectory* directory = directory_of(kTasks);
  if (directory == nullptr) return false;  // no limit was set
  return number_of(TRY(directory->read("pids.events")), "max").value_or(0) > 0;
}

Result<void> CgroupV1::kill_all(Nanos deadline) {
  // A child that failed between two joins is in the first hierarchies only, so the first one has them all.
  return members_.front().directory.kill_all(deadline);
}

Result<void> CgroupV1::remove(Nanos deadline) {
  const Instant end = MonotonicClock::now() + deadline;
  joins_.clear();
  join_numbers_.clear();
  Result<void> outcome;
  for (Member& member : members_) {
    const auto removed = member.directory.remove(std::max(Nanos::zero(), end - MonotonicClock::now()));
    if (!removed && outcome) outcome = removed;
  }
  return outcome;
}

class FactoryV1 final : public CgroupFactory {
 public:
  explicit FactoryV1(std::shared_ptr<Run> run) : run_(std::move(run)), missing_(missing_by_name(*run_)) {}

  CgroupVersion version() const override { return CgroupVersion::v1; }
  const std::string& reason() const override { return reason_; }
  Missing missing() const override { return missing_; }
  Result<std::unique_ptr<Cgroup>> create(const Limits& limits) override;
  void gather_statistics() const override {
    if (const RunPlace* place = run_->place_of(kMemory)) static_cast<void>(place->run.read("memory.stat"));
  }

 private:
  static Missing missing_by_name(const Run& run);
  [[nodiscard]] Result<void> refuse_missing(const Limits& limits) const;

  std::shared_ptr<Run> run_;
  std::string reason_;
  Missing missing_;
};

/// From hierarchies to what their absence costs.
Missing FactoryV1::missing_by_name(const Run& run) {
  Missing named;
  const auto add = [&](std::string_view controller, std::initializer_list<const char*> names) {
    if (run.place_of(controller) != nullptr) return;
    for (const char* name : names) named.emplace_back(name, run.why_missing(controller));
  };
  add(kMemory, {"limit.memory", "memory.cgroup_peak", "memory.cgroup_anon", "memory.cgroup_file"});
  add(kCpu, {"limit.cpus"});
  add(kTasks, {"limit.tasks"});
  add(kCpuAccounting, {"cpu.cgroup"});
  const RunPlace* cpu = run.place_of(kCpu);
  if (cpu != nullptr && !cpu->run.has("cpu.cfs_quota_us")) {
    named.emplace_back("limit.cpus", "the kernel was built without CFS bandwidth control");
  }
  const RunPlace* memory = run.place_of(kMemory);
  if (memory != nullptr && !memory->run.has("memory.memsw.limit_in_bytes")) {
    named.emplace_back("limit.swap", "swap is not accounted to cgroups: boot with swapaccount=1");
  }
  return named;
}

Result<void> FactoryV1::refuse_missing(const Limits& limits) const {
  const auto need = [&](bool wanted, std::string_view controller, std::string_view limit) -> Result<void> {
    if (!wanted || run_->place_of(controller) != nullptr) return {};
    return failure("limit", std::string(limit), run_->why_missing(controller));
  };
  TRY(need(limits.memory.has_value(), kMemory, "memory"));
  TRY(need(limits.cpus.has_value(), kCpu, "cpus"));
  return need(limits.tasks.has_value(), kTasks, "tasks");
}

Result<std::unique_ptr<Cgroup>> FactoryV1::create(const Limits& limits) {
  TRY(refuse_missing(limits));
  const std::string name = "launch-" + std::to_string(run_->made++);
  auto cgroup = std::make_unique<CgroupV1>(run_);
  for (const RunPlace& place : run_->places) {
    const bool needed = place.has(kMemory) || place.has(kCpuAccounting) || (place.has(kCpu) && limits.cpus) ||
                        (place.has(kTasks) && limits.tasks);
    if (needed) TRY(cgroup->enter(place, name));
  }
  // Only a limit nobody set can be in the hierarchies that exist: the launch is still gathered, to be killed as one.
  if (cgroup->join_fds().empty()) TRY(cgroup->enter(run_->places.front(), name));
  TRY(cgroup->apply(limits));
  return cgroup;
}

/// The run's directory in one hierarchy.
Result<RunPlace> make_place(const Hierarchy& hierarchy, const std::optional<std::string>& parent,
                            const std::string& name) {
  const std::string base = hierarchy.directory_of(parent.value_or(hierarchy.own));
  if (base.empty()) {
    return failure("find our cgroup in", hierarchy.mount_point, "this mount does not show " + hierarchy.own);
  }
  RunPlace place{.controllers = hierarchy.controllers, .base = TRY(CgroupDirectory::borrow(base)), .run = {}};
  place.run = TRY(CgroupDirectory::create(place.base, name));
  TRY(lock_run(place.run));
  return place;
}

const Hierarchy* hierarchy_of(const std::vector<Hierarchy>& hierarchies, std::string_view controller) {
  const auto found = std::ranges::find_if(hierarchies, [&](const Hierarchy& hierarchy) {
    return std::ranges::find(hierarchy.controllers, controller) != hierarchy.controllers.end();
  });
  return found == hierarchies.end() ? nullptr : &*found;
}

}  // namespace

Result<std::unique_ptr<CgroupFactory>> probe_v1(const std::vector<Hierarchy>& hierarchies,
                                                const std::optional<std::string>& parent) {
  const std::string name = TRY(new_run_name());
  const auto run = std::make_shared<Run>();
  for (const std::string_view controller : kUsed) {
    if (run->place_of(controller) != nullptr) continue;  // mounted together with one before
    const Hierarchy* hierarchy = hierarchy_of(hierarchies, controller);
    if (hierarchy == nullptr) {
      run->missing.emplace_back(controller, "no " + std::string(controller) + " hierarchy of cgroup v1 is mounted");
      continue;
    }
    auto place = make_place(*hierarchy, parent, name);
    if (place) {
      run->places.push_back(std::move(*place));
    } else {
      run->missing.emplace_back(controller, place.error().message());
    }
  }
  if (run->places.empty()) return failure("use", "cgroup v1", run->missing.front().second);
  return std::make_unique<FactoryV1>(run);
}

}  // namespace frostbyte::sandbox
