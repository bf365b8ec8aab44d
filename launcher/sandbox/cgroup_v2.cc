// Version 2. Two rules of the kernel (cgroups(7)) shape this file:
//
// - No internal processes: below a cgroup that holds processes itself, controllers cannot be enabled (the root of the
//   hierarchy excepted). When our own process is the only one in there, it steps aside:
//
//       before   BASE {we}
//       during   BASE {}             subtree_control: memory cpu pids
//                └─ RUN {}           subtree_control: memory cpu pids
//                   ├─ launcher {we}
//                   └─ launch-0, launch-1 … {functions}
//
//   and goes back at the end. Processes that are not ours are never moved. When there are some (the shell we were
//   started from), the run goes beside them instead: below the nearest ancestor that already gives its children the
//   memory controller and lets us in (root; a user below user@.service). Nothing is changed there. Limits set on the
//   cgroup we were started in do not reach such a run, those of the ancestor do. When there is no such ancestor there
//   is no v2, and the reason says how to get a cgroup of our own.
// - Who starts a process in a cgroup must be able to write cgroup.procs of the nearest common ancestor of that cgroup
//   and its own. It is tried, not predicted: the probe starts one process and lets it end.
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cmath>
#include <filesystem>

#include "launcher/sandbox/cgroup_directory.h"
#include "launcher/sandbox/cgroup_factories.h"

namespace frostbyte::sandbox {
namespace {

constexpr std::string_view kMemory = "memory";
constexpr std::string_view kCpu = "cpu";
constexpr std::string_view kTasks = "pids";
constexpr std::array kWanted = {kMemory, kCpu, kTasks};

constexpr std::int64_t kPeriodMicroseconds = 100'000;
constexpr const char* kDelegate =
    "give frostbyte a cgroup of its own: systemd-run --user --scope -p Delegate=yes frostbyte …  "
    "(as root without --user), or --cgroup-parent with a cgroup that holds no processes";

bool lists(std::string_view controllers, std::string_view controller) {
  return std::ranges::any_of(words(controllers, ' '), [&](std::string_view word) {
    while (word.ends_with('\n')) word.remove_suffix(1);
    return word == controller;
  });
}

/// Whose directory the run is made in: the cgroup we are in or were given, or one above it that is others' as well.
enum class Base : bool { ours, ancestor };

/// The run's directory, and everything the probe changed for it. Shared by the factory and every cgroup it made; the
/// last of them puts things back.
class Run {
 public:
  Run() = default;
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;
  ~Run();

  /// An Error is the reason why v2 cannot be used; whatever had been changed is put back.
  Result<void> set_up(const std::string& base, Base whose);

  [[nodiscard]] const CgroupDirectory& directory() const { return run_; }
  [[nodiscard]] bool controls(std::string_view controller) const {
    return std::ranges::find(enabled_, controller) != enabled_.end();
  }
  [[nodiscard]] const Missing& missing() const { return missing_; }
  [[nodiscard]] std::string why_missing(std::string_view controller) const;
  [[nodiscard]] std::string next_name() { return "launch-" + std::to_string(made_++); }

 private:
  Result<void> enable_in_base(std::string_view controller, Base whose);
  Result<void> step_aside();
  void step_back();

  CgroupDirectory base_;  // borrowed; declared before what is made below it
  CgroupDirectory run_;
  CgroupDirectory launcher_;                   // where we are meanwhile, when we had to step aside
  bool stepped_aside_ = false;                 // `launcher_` is in use
  std::vector<std::string_view> enabled_;      // in `run_`
  std::vector<std::string_view> switched_on_;  // in `base_`, by us
  Missing missing_;                            // by controller
  std::atomic<std::uint64_t> made_ = 0;
};

std::string Run::why_missing(std::string_view controller) const {
  const auto found = std::ranges::find(missing_, controller, &std::pair<std::string, std::string>::first);
  return found == missing_.end() ? std::string() : found->second;
}

Result<void> Run::set_up(const std::string& base, Base whose) {
  base_ = TRY(CgroupDirectory::borrow(base));
  const std::string available = TRY(base_.read("cgroup.controllers"));
  auto made = CgroupDirectory::create(base_, TRY(new_run_name()));
  if (!made) {
    made.error().hint = kDelegate;
    return std::unexpected(made.error());
  }
  run_ = std::move(*made);
  TRY(lock_run(run_));
  for (const std::string_view controller : kWanted) {
    if (!lists(available, controller)) {
      missing_.emplace_back(controller, "the controller is not available in " + base_.path());
      continue;
    }
    if (auto in_base = enable_in_base(controller, whose); !in_base) {
      missing_.emplace_back(controller, in_base.error().message());
    } else if (auto in_run = run_.write("cgroup.subtree_control", "+" + std::string(controller)); !in_run) {
      missing_.emplace_back(controller, in_run.error().message());
    } else {
      enabled_.push_back(controller);
    }
  }
  if (enabled_.empty()) return failure("use", base_.path(), missing_.front().second, kDelegate);
  return {};
}

Result<void> Run::enable_in_base(std::string_view controller, Base whose) {
  if (lists(TRY(base_.read("cgroup.subtree_control")), controller)) return {};
  if (whose == Base::ancestor) return failure("use", base_.path(), "it does not give its children this controller");
  const std::string request = "+" + std::string(controller);
  auto enabled = base_.write("cgroup.subtree_control", request);
  if (!enabled && enabled.error().code == EBUSY) {
    TRY(step_aside());
    enabled = base_.write("cgroup.subtree_control", request);
  }
  if (enabled) switched_on_.push_back(controller);
  return enabled;
}

/// Out of the base, into a leaf below the run's directory; only if nobody else would stay behind.
Result<void> Run::step_aside() {
  const auto inside = TRY(base_.processes());
  const std::size_t others = TRY(base_.count_all()) - (inside == std::vector<pid_t>{::getpid()} ? 1 : 0);
  if (stepped_aside_ || others > 0) {
    return failure("enable controllers in", base_.path(),
                   "other processes are in it, and controllers can be enabled only below a cgroup without processes");
  }
  launcher_ = TRY(CgroupDirectory::create(run_, "launcher"));
  TRY(launcher_.write("cgroup.procs", "0"));
  stepped_aside_ = true;
  return {};
}

/// Children of ours that are in the leaf go back with us: it cannot be removed otherwise, and they are ours.
void Run::step_back() {
  const auto inside = launcher_.processes();
  if (!inside) return;
  for (const pid_t pid : *inside) static_cast<void>(base_.write("cgroup.procs", std::to_string(pid)));
}

Run::~Run() {
  // In the reverse order of set_up. A controller can be switched off in the base only when no child uses it, and
  // processes can return to the base only when none is on.
  for (const std::string_view controller : enabled_) {
    static_cast<void>(run_.write("cgroup.subtree_control", "-" + std::string(controller)));
  }
  for (const std::string_view controller : switched_on_) {
    static_cast<void>(base_.write("cgroup.subtree_control", "-" + std::string(controller)));
  }
  if (!stepped_aside_) return;
  step_back();
  // Never killed, whatever is still in there: it is our own process or one of its children.
  if (!launcher_.remove(kRemovalPatience)) {
    launcher_.abandon();
    run_.abandon();
  }
}

class CgroupV2 final : public Cgroup {
 public:
  CgroupV2(std::shared_ptr<Run> run, CgroupDirectory directory, int descriptor)
      : run_(std::move(run)), directory_(std::move(directory)), descriptor_(descriptor) {}

  Result<void> apply(const Limits& limits);

  CgroupVersion version() const override { return CgroupVersion::v2; }
  int clone_into_fd() const override { return descriptor_; }
  std::span<const int> join_fds() const override { return {}; }
  Result<CgroupUsage> usage() const override;
  Result<std::vector<pid_t>> processes() const override { return directory_.processes(); }
  Result<bool> oom_killed() const override;
  Result<bool> tasks_limit_hit() const override;
  Result<void> kill_all(Nanos deadline) override { return directory_.kill_all(deadline); }
  Result<void> remove(Nanos deadline) override;

 private:
  Result<void> limit_memory(Bytes limit);
  void read_memory(CgroupUsage& usage) const;
  [[nodiscard]] Reading<Bytes> read_bytes(CgroupFile& file, std::string_view since) const;
  [[nodiscard]] Reading<Nanos> read_cpu_time() const;

  std::shared_ptr<Run> run_;  // declared first: its directory is the parent
  CgroupDirectory directory_;
  int descriptor_;
  mutable CgroupFile current_{"memory.current"};
  mutable CgroupFile peak_{"memory.peak"};
  mutable CgroupFile stat_{"memory.stat"};
  mutable CgroupFile cpu_{"cpu.stat"};
};

Result<void> CgroupV2::apply(const Limits& limits) {
  if (limits.memory) TRY(limit_memory(*limits.memory));
  if (limits.cpus) {
    const std::int64_t quota = std::llround(*limits.cpus * kPeriodMicroseconds);
    TRY(directory_.write("cpu.max", std::to_string(quota) + " " + std::to_string(kPeriodMicroseconds)));
  }
  if (limits.tasks) TRY(directory_.write("pids.max", std::to_string(*limits.tasks)));
  return {};
}

Result<void> CgroupV2::limit_memory(Bytes limit) {
  TRY(directory_.write("memory.max", std::to_string(limit.count)));
  // Absent when the kernel has no swap: then there is nothing to exclude.
  if (directory_.has("memory.swap.max")) TRY(directory_.write("memory.swap.max", "0"));
  return {};
}

Reading<Bytes> CgroupV2::read_bytes(CgroupFile& file, std::string_view since) const {
  char buffer[64];
  const auto text = file.read(directory_, buffer);
  if (!text && text.error().code == ENOENT) {
    return unknown<Bytes>("this kernel has no " + std::string(file.name()) + std::string(since));
  }
  if (!text) return unknown<Bytes>(text.error().message());
  const auto number = leading_number(*text);
  return number ? known(Bytes{*number}) : unknown<Bytes>(std::string(file.name()) + " holds no number");
}

void CgroupV2::read_memory(CgroupUsage& usage) const {
  if (!run_->controls(kMemory)) {
    usage.current = usage.peak = usage.anon = usage.file = usage.shared = unknown<Bytes>(run_->why_missing(kMemory));
    return;
  }
  usage.current = read_bytes(current_, "");
  usage.peak = read_bytes(peak_, "; Linux 5.19 has");
  char buffer[1024];  // what is wanted is among its first lines
  const auto stat = stat_.read(directory_, buffer);
  const auto from_stat = [&](std::string_view key) {
    if (!stat) return unknown<Bytes>(stat.error().message());
    const auto number = number_of(*stat, key);
    return number ? known(Bytes{*number}) : unknown<Bytes>("memory.stat has no " + std::string(key));
  };
  usage.anon = from_stat("anon");
  usage.file = from_stat("file");
  usage.shared = from_stat("shmem");
}

Reading<Nanos> CgroupV2::read_cpu_time() const {
  char buffer[1024];
  const auto text = cpu_.read(directory_, buffer);  // there without the cpu controller too
  if (!text) return unknown<Nanos>(text.error().message());
  const auto microseconds = number_of(*text, "usage_usec");
  return microseconds ? known(Nanos(std::chrono::microseconds(*microseconds)))
                      : unknown<Nanos>("cpu.stat has no usage_usec");
}

Result<CgroupUsage> CgroupV2::usage() const {
  CgroupUsage usage;
  // First: until Linux 6.16 this makes the kernel gather all of the group's statistics, memory's too.
  usage.cpu_time = read_cpu_time();
  read_memory(usage);
  // v2 does not tell on which processors a group ran: all of them is the bound.
  usage.peak_quantum = Bytes{charge_batch().count * online_processors()};
  return usage;
}

Result<bool> CgroupV2::oom_killed() const {
  if (!run_->controls(kMemory)) return false;  // nothing of ours limits memory
  return number_of(TRY(directory_.read("memory.events")), "oom_kill").value_or(0) > 0;
}

Result<bool> CgroupV2::tasks_limit_hit() const {
  if (!run_->controls(kTasks)) return false;  // no limit can have been set
  return number_of(TRY(directory_.read("pids.events")), "max").value_or(0) > 0;
}

Result<void> CgroupV2::remove(Nanos deadline) {
  TRY(directory_.remove(deadline));
  descriptor_ = -1;
  return {};
}

class FactoryV2 final : public CgroupFactory {
 public:
  explicit FactoryV2(std::shared_ptr<Run> run) : run_(std::move(run)) {}

  CgroupVersion version() const override { return CgroupVersion::v2; }
  const std::string& reason() const override { return reason_; }
  Missing missing() const override { return missing_; }
  Result<std::unique_ptr<Cgroup>> create(const Limits& limits) override;
  void gather_statistics() const override {
    static_cast<void>(run_->directory().read("cpu.stat"));
    static_cast<void>(run_->directory().read("memory.stat"));
  }
  /// Starts a process in a cgroup as a launch does, and lets it end. Also finds out what this kernel cannot tell.
  Result<void> try_out();

 private:
  void note_missing(const Cgroup& sample);
  [[nodiscard]] Result<void> refuse_missing(const Limits& limits) const;

  std::shared_ptr<Run> run_;
  std::string reason_;
  Missing missing_;
};

Result<void> FactoryV2::refuse_missing(const Limits& limits) const {
  const auto need = [&](bool wanted, std::string_view controller, std::string_view limit) -> Result<void> {
    if (!wanted || run_->controls(controller)) return {};
    return failure("limit", std::string(limit), run_->why_missing(controller));
  };
  TRY(need(limits.memory.has_value(), kMemory, "memory"));
  TRY(need(limits.cpus.has_value(), kCpu, "cpus"));
  return need(limits.tasks.has_value(), kTasks, "tasks");
}

Result<std::unique_ptr<Cgroup>> FactoryV2::create(const Limits& limits) {
  TRY(refuse_missing(limits));
  CgroupDirectory directory = TRY(CgroupDirectory::create(run_->directory(), run_->next_name()));
  const int descriptor = TRY(directory.descriptor());
  auto cgroup = std::make_unique<CgroupV2>(run_, std::move(directory), descriptor);
  TRY(cgroup->apply(limits));
  return cgroup;
}

/// Starts a process that ends at once. It is a copy of this one without its other threads, so it may do nothing else.
Result<void> start_process_in(int cgroup) {
  clone_args arguments{};
  arguments.flags = CLONE_INTO_CGROUP | CLONE_CLEAR_SIGHAND;
  arguments.cgroup = static_cast<std::uint64_t>(cgroup);
  const long pid = ::syscall(SYS_clone3, &arguments, sizeof arguments);
  if (pid == 0) ::syscall(SYS_exit_group, 0);
  if (pid < 0) return system_failure("start a process in", "its cgroup", kDelegate);
  // No exit signal was asked for, so nobody else is told of its end: __WALL waits for such a child.
  while (::waitpid(static_cast<pid_t>(pid), nullptr, __WALL) < 0 && errno == EINTR) {
  }
  return {};
}

Result<void> FactoryV2::try_out() {
  const auto sample = TRY(create({}));
  note_missing(*sample);
  TRY(start_process_in(sample->clone_into_fd()));
  return sample->remove(kRemovalPatience);
}

void FactoryV2::note_missing(const Cgroup& sample) {
  const auto add = [&](std::string_view controller, const char* name) {
    if (!run_->controls(controller)) missing_.emplace_back(name, run_->why_missing(controller));
  };
  add(kMemory, "limit.memory");
  add(kCpu, "limit.cpus");
  add(kTasks, "limit.tasks");
  const auto usage = sample.usage();
  if (!usage) return;
  const auto note = [&](const auto& reading, const char* name) {
    if (!reading.value) missing_.emplace_back(name, reading.unavailable);
  };
  note(usage->peak, "memory.cgroup_peak");
  note(usage->anon, "memory.cgroup_anon");
  note(usage->file, "memory.cgroup_file");
  note(usage->cpu_time, "cpu.cgroup");
}

Result<std::string> base_directory(const Hierarchy& hierarchy, const std::optional<std::string>& parent) {
  const std::string base = hierarchy.directory_of(parent.value_or(hierarchy.own));
  if (!base.empty()) return base;
  return failure("find our cgroup in", hierarchy.mount_point, "this mount does not show " + hierarchy.own,
                 "mount cgroup2 inside this cgroup namespace, or give --cgroup-parent");
}

Result<std::unique_ptr<CgroupFactory>> try_base(const std::string& base, Base whose) {
  const auto run = std::make_shared<Run>();
  TRY(run->set_up(base, whose));
  if (whose == Base::ancestor && !run->controls(kMemory)) return failure("use", base, run->why_missing(kMemory));
  auto factory = std::make_unique<FactoryV2>(run);
  TRY(factory->try_out());
  return factory;
}

}  // namespace

bool offers_memory(const Hierarchy& hierarchy, const std::optional<std::string>& parent) {
  const auto base = base_directory(hierarchy, parent);
  const auto directory = base ? CgroupDirectory::borrow(*base) : std::unexpected(base.error());
  const auto controllers = directory ? directory->read("cgroup.controllers") : std::unexpected(directory.error());
  return controllers && lists(*controllers, kMemory);
}

Result<std::unique_ptr<CgroupFactory>> probe_v2(const Hierarchy& hierarchy, const std::optional<std::string>& parent) {
  const std::string base = TRY(base_directory(hierarchy, parent));
  auto factory = try_base(base, Base::ours);
  if (factory || parent) return factory;
  const std::filesystem::path top = hierarchy.mount_point;
  for (std::filesystem::path above = base; above != top && above.has_relative_path();) {
    above = above.parent_path();
    if (auto beside = try_base(above, Base::ancestor)) return beside;
  }
  return factory;
}

}  // namespace frostbyte::sandbox
