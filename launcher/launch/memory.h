// Memory, faults and scheduling figures of a stopped process (and of everything else in its pid namespace), from
// smaps_rollup, status and the cgroup. Never ru_maxrss: it is the launcher's memory, carried through exec.
#pragma once

#include <sys/types.h>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "launcher/base/result.h"
#include "launcher/sandbox/cgroup.h"
#include "results/record/sample.h"

namespace frostbyte::launch {

/// Metric name → value, or metric name → why not. The names are those of results/metric.
struct Figures {
  std::map<std::string, std::int64_t> values;
  std::map<std::string, std::string> unavailable;
};

/// Sums over `processes` (stopped by the caller): memory.rss, pss, uss, anon, file, pss_anon, private, lazy_free, huge
/// from smaps_rollup, in bytes; memory.rss_peak from VmHWM (sum over processes; its error bar in memory.rss_peak_error:
/// CPUs × batch pages, see METHOD.md); memory.page_tables from VmPTE and memory.vmas from maps; memory.processes;
/// switches.voluntary / switches.involuntary and disturbance.migrations (from /proc/PID/status and sched, of the whole
/// process including threads). A process that vanished meanwhile is skipped unless it is the first, the function
/// itself.
void read_process_memory(std::span<const pid_t> processes, Figures& into);

/// Those of `names` (as read_process_memory gives them) at another event than the first response: "memory.rss" +
/// `event`, which is "_after_idle" and the like.
void put_memory_at(std::string_view event, std::span<const char* const> names, std::span<const pid_t> processes,
                   record::Sample& sample);

/// memory.cgroup_peak, memory.cgroup_peak_quantum, memory.cgroup_anon, memory.cgroup_file, cpu.cgroup from the back
/// end. `into` holds what read_process_memory found: where it shows that the kernel's statistics lag, they are not
/// given.
void read_cgroup_memory(const sandbox::Cgroup* cgroup, Figures& into);

/// Every process of the launch, the function itself first: the cgroup's, else the descendants of `root` by /proc
/// (children files), else, in a pid namespace, all processes whose NSpid says they live in it.
Result<std::vector<pid_t>> launch_processes(pid_t root, const sandbox::Cgroup* cgroup);

}  // namespace frostbyte::launch
