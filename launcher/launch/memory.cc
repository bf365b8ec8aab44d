#include "launcher/launch/memory.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "launcher/launch/process_files.h"

namespace frostbyte::launch {
namespace {

constexpr std::size_t kBufferSize = 8192;  // smaps_rollup has 1 KiB, status and sched 1.5
constexpr std::int64_t kKibi = 1024;

constexpr std::array kRollupMetrics = {"memory.rss", "memory.pss", "memory.uss", "memory.anon", "memory.file"};
/// As far as this kernel tells them apart.
constexpr std::array kKindMetrics = {"memory.pss_anon", "memory.private", "memory.lazy_free", "memory.huge"};
constexpr std::array kTableMetrics = {"memory.page_tables"};
constexpr std::array kAreaMetrics = {"memory.vmas"};
constexpr std::array kPeakMetrics = {"memory.rss_peak", "memory.rss_peak_error"};
constexpr std::array kSwitchMetrics = {"switches.voluntary", "switches.involuntary"};
constexpr const char* kMigrations = "disturbance.migrations";
constexpr const char* kProcesses = "memory.processes";

/// A sum over processes, or why one of them could not be read: a sum over the others would be a wrong number.
template <std::size_t Size>
struct Sum {
  std::array<std::int64_t, Size> values{};
  std::string unavailable;

  void add(const Result<std::array<std::int64_t, Size>>& part) {
    if (!part) {
      if (unavailable.empty()) unavailable = part.error().message();
      return;
    }
    for (std::size_t i = 0; i < Size; ++i) values[i] += (*part)[i];
  }

  template <class Names>
  void publish(const Names& names, Figures& into) const {
    for (std::size_t i = 0; i < Size; ++i) {
      if (unavailable.empty()) {
        into.values[names[i]] = values[i];
      } else {
        into.unavailable[names[i]] = unavailable;
      }
    }
  }
};

using Rollup = std::array<std::int64_t, 5>;    // as kRollupMetrics
using Kinds = std::array<std::int64_t, 4>;     // as kKindMetrics
using Peak = std::array<std::int64_t, 2>;      // as kPeakMetrics
using Switches = std::array<std::int64_t, 2>;  // as kSwitchMetrics
using Migrations = std::array<std::int64_t, 1>;
using One = std::array<std::int64_t, 1>;

struct Sums {
  Sum<5> rollup;
  Sum<4> kinds;
  Sum<2> peak;
  Sum<1> tables;
  Sum<1> areas;
  Sum<2> switches;
  Sum<1> migrations;
  std::int64_t processes = 0;
};

Failure lacks(const char* file, const char* field) {
  return failure("read " + std::string(field) + " in", file, "this kernel does not write it");
}

Result<Rollup> rollup_of(std::string_view text) {
  const auto kilobytes = [&](std::string_view key) { return field(text, key); };
  const auto rss = kilobytes("Rss"), pss = kilobytes("Pss"), anon = kilobytes("Anonymous");
  const auto clean = kilobytes("Private_Clean"), dirty = kilobytes("Private_Dirty");
  if (!rss || !pss || !anon || !clean || !dirty) return lacks("smaps_rollup", "Rss, Pss, Anonymous and Private");
  return Rollup{*rss * kKibi, *pss * kKibi, (*clean + *dirty) * kKibi, *anon * kKibi, (*rss - *anon) * kKibi};
}

/// Anonymous and shared memory by proportional shares: what is the processes' own, each page once, whatever maps it.
Result<Kinds> kinds_of(std::string_view text) {
  const auto anon = field(text, "Pss_Anon"), shared = field(text, "Pss_Shmem");
  const auto lazy = field(text, "LazyFree"), huge = field(text, "AnonHugePages");
  if (!anon || !shared || !lazy || !huge) return lacks("smaps_rollup", "Pss_Anon, Pss_Shmem, LazyFree, AnonHugePages");
  return Kinds{*anon * kKibi, (*anon + *shared) * kKibi, *lazy * kKibi, *huge * kKibi};
}

struct Resident {
  Rollup rollup;
  Result<Kinds> kinds;
};

/// The page tables are walked for this, so it is exact; counters that are kept along the way are not.
Result<Resident> read_resident(const ProcessFiles& process) {
  char buffer[kBufferSize];
  const std::string_view text = TRY(process.read("smaps_rollup", buffer));
  return Resident{.rollup = TRY(rollup_of(text)), .kinds = kinds_of(text)};
}

/// Linux counts resident pages in batches: since 6.2 max(32, 2 × CPUs) pages per CPU, before that 64 per thread. The
/// larger of the two holds for both.
std::int64_t peak_error(std::int64_t threads) {
  static const std::int64_t page = ::sysconf(_SC_PAGESIZE);
  static const std::int64_t processors = std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN));
  const std::int64_t per_processor = std::max<std::int64_t>(32, 2 * processors);
  return std::max(processors * per_processor, threads * 64) * page;
}

struct Status {
  std::int64_t high_water;  ///< bytes
  std::int64_t threads;
  std::int64_t page_tables;  ///< bytes
};

Result<Status> read_status(const ProcessFiles& process) {
  char buffer[kBufferSize];
  const std::string_view text = TRY(process.read("status", buffer));
  const auto high_water = field(text, "VmHWM");
  if (!high_water) return failure("read VmHWM in", "status", "the process has no memory left: it has ended");
  return Status{.high_water = *high_water * kKibi,
                .threads = field(text, "Threads").value_or(0),
                .page_tables = field(text, "VmPTE").value_or(0) * kKibi};
}

/// The kernel keeps this count exactly (mm_pgtables_bytes): there is no process without page tables.
Result<One> tables_of(const Result<Status>& status) {
  if (!status) return std::unexpected(status.error());
  if (status->page_tables == 0) return lacks("status", "VmPTE");
  return One{status->page_tables};
}

/// vsyscall is a page of the kernel's that every process sees and none has mapped.
Result<One> read_areas(const ProcessFiles& process) { return One{TRY(process.count_lines("maps", "[vsyscall]"))}; }

Result<Peak> peak_of(const Result<Status>& status, const Result<Rollup>& rollup) {
  if (!status) return std::unexpected(status.error());
  // The mark is made of the batched counters and can lag behind what is exactly known to be resident now.
  const std::int64_t resident = rollup ? (*rollup)[0] : 0;
  return Peak{std::max(status->high_water, resident), peak_error(std::max<std::int64_t>(1, status->threads))};
}

struct Scheduling {
  Result<Switches> switches;
  Result<Migrations> migrations;
};

/// One thread. `sched` has everything in one file; `status` has the switches where the kernel has no `sched`.
Scheduling read_thread(const ProcessFiles& process, const std::string& folder) {
  char buffer[kBufferSize];
  const auto sched = process.read(folder + "sched", buffer);
  if (sched) {
    const auto voluntary = field(*sched, "nr_voluntary_switches"),
               involuntary = field(*sched, "nr_involuntary_switches");
    const auto migrations = field(*sched, "se.nr_migrations");
    return {.switches = voluntary && involuntary ? Result<Switches>(Switches{*voluntary, *involuntary})
                                                 : lacks("sched", "nr_voluntary_switches"),
            .migrations = migrations ? Result<Migrations>(Migrations{*migrations}) : lacks("sched", "nr_migrations")};
  }
  const Result<Migrations> no_migrations =
      sched.error().code == ENOENT
          ? failure("read", "/proc/PID/sched", "this kernel was built without CONFIG_SCHED_DEBUG")
          : std::unexpected(sched.error());
  const auto status = process.read(folder + "status", buffer);
  if (!status) return {.switches = std::unexpected(status.error()), .migrations = no_migrations};
  const auto voluntary = field(*status, "voluntary_ctxt_switches");
  const auto involuntary = field(*status, "nonvoluntary_ctxt_switches");
  if (!voluntary || !involuntary) return {lacks("status", "voluntary_ctxt_switches"), no_migrations};
  return {.switches = Switches{*voluntary, *involuntary}, .migrations = no_migrations};
}

void add_thread(const ProcessFiles& process, const std::string& folder, Sums& sums) {
  const Scheduling scheduling = read_thread(process, folder);
  sums.switches.add(scheduling.switches);
  sums.migrations.add(scheduling.migrations);
}

void add_scheduling(const ProcessFiles& process, std::int64_t threads, Sums& sums) {
  if (threads == 1) return add_thread(process, "", sums);  // the process's own files are the first thread's
  const auto all = process.threads();
  if (!all) {
    sums.switches.add(std::unexpected(all.error()));
    sums.migrations.add(std::unexpected(all.error()));
    return;
  }
  for (const pid_t thread : *all) add_thread(process, "task/" + std::to_string(thread) + "/", sums);
}

/// An Error when the process has ended; what merely could not be read is noted in the sums.
Result<void> add_process(pid_t pid, Sums& sums) {
  const ProcessFiles process = TRY(ProcessFiles::open(pid));
  const Result<Resident> resident = read_resident(process);
  const Result<Rollup> rollup = resident ? Result<Rollup>(resident->rollup) : std::unexpected(resident.error());
  if (!rollup && rollup.error().code == ESRCH) return std::unexpected(rollup.error());
  sums.kinds.add(resident ? resident->kinds : std::unexpected(resident.error()));
  if (!rollup && rollup.error().code == ENOENT) {
    sums.rollup.add(
        failure("read", "/proc/PID/smaps_rollup", "this kernel was built without CONFIG_PROC_PAGE_MONITOR"));
  } else {
    sums.rollup.add(rollup);
  }
  const Result<Status> status = read_status(process);
  sums.peak.add(peak_of(status, rollup));
  sums.tables.add(tables_of(status));
  sums.areas.add(read_areas(process));
  add_scheduling(process, status ? status->threads : 0, sums);
  ++sums.processes;
  return {};
}

void publish_unavailable(const std::string& reason, Figures& into) {
  for (const char* name : kRollupMetrics) into.unavailable[name] = reason;
  for (const char* name : kKindMetrics) into.unavailable[name] = reason;
  for (const char* name : kPeakMetrics) into.unavailable[name] = reason;
  for (const char* name : {kTableMetrics[0], kAreaMetrics[0]}) into.unavailable[name] = reason;
  for (const char* name : kSwitchMetrics) into.unavailable[name] = reason;
  into.unavailable[kMigrations] = into.unavailable[kProcesses] = reason;
}

template <class Quantity>
void publish_reading(const char* name, const sandbox::Reading<Quantity>& reading, Figures& into) {
  if (!reading.value) {
    into.unavailable[name] = reading.unavailable;
  } else if constexpr (std::is_same_v<Quantity, Bytes>) {
    into.values[name] = reading.value->count;
  } else {
    into.values[name] = reading.value->count();
  }
}

/// The kernel gathers a cgroup's statistics only when many changes have come together, and every other second. What the
/// page tables say is there and the statistics do not know yet shows that they lag: a small young cgroup reads 0.
std::string why_statistics_lag(const sandbox::CgroupUsage& usage, const Figures& known) {
  if (!usage.anon.value) return {};
  const auto mapped = known.values.find("memory.pss_anon");
  const std::int64_t least = mapped == known.values.end() ? 1 : mapped->second;
  if (usage.anon.value->count >= least) return {};
  return "the kernel had not yet gathered the statistics of so small a cgroup: they state " +
         to_string(*usage.anon.value) + " where at least " + to_string(Bytes{least}) + " is mapped";
}

}  // namespace

void read_process_memory(std::span<const pid_t> processes, Figures& into) {
  if (processes.empty()) return publish_unavailable("the launch has no process", into);
  Sums sums;
  for (const pid_t pid : processes) {
    const auto added = add_process(pid, sums);
    if (!added && pid == processes.front()) {
      return publish_unavailable("the function has ended: " + added.error().message(), into);
    }
  }
  sums.rollup.publish(kRollupMetrics, into);
  sums.kinds.publish(kKindMetrics, into);
  sums.peak.publish(kPeakMetrics, into);
  sums.tables.publish(kTableMetrics, into);
  sums.areas.publish(kAreaMetrics, into);
  sums.switches.publish(kSwitchMetrics, into);
  sums.migrations.publish(std::array{kMigrations}, into);
  into.values[kProcesses] = sums.processes;
}

void put_memory_at(std::string_view event, std::span<const char* const> names, std::span<const pid_t> processes,
                   record::Sample& sample) {
  Figures figures;
  read_process_memory(processes, figures);
  for (const std::string name : names) {
    const std::string at = name + std::string(event);
    if (const auto value = figures.values.find(name); value != figures.values.end()) {
      sample.values[at] = value->second;
    } else {
      sample.unavailable[at] = figures.unavailable[name];
    }
  }
}

void read_cgroup_memory(const sandbox::Cgroup* cgroup, Figures& into) {
  constexpr std::array kNames = {"memory.cgroup_peak", "memory.cgroup_peak_quantum", "memory.cgroup_anon",
                                 "memory.cgroup_file", "cpu.cgroup"};
  const auto usage =
      cgroup != nullptr ? cgroup->usage() : failure("read", "the launch's cgroup", "this isolation gives it none");
  if (!usage) {
    for (const char* name : kNames) into.unavailable[name] = usage.error().message();
    return;
  }
  publish_reading("memory.cgroup_peak", usage->peak, into);
  if (const std::string lag = why_statistics_lag(*usage, into); !lag.empty()) {
    into.unavailable["memory.cgroup_anon"] = into.unavailable["memory.cgroup_file"] = lag;
  } else {
    publish_reading("memory.cgroup_anon", usage->anon, into);
    publish_reading("memory.cgroup_file", usage->file, into);
  }
  publish_reading("cpu.cgroup", usage->cpu_time, into);
  if (usage->peak.value) {
    into.values["memory.cgroup_peak_quantum"] = usage->peak_quantum.count;
  } else {
    into.unavailable["memory.cgroup_peak_quantum"] = usage->peak.unavailable;
  }
}

}  // namespace frostbyte::launch
