// The rows. Definitions are the ones METHOD.md prints.
#include <algorithm>
#include <array>

#include "results/metric/metric.h"

namespace frostbyte::metric {
namespace {

constexpr Metric time_of_launch(std::string_view id, std::string_view title, std::string_view source,
                                std::string_view definition) {
  return {id, title, Unit::nanoseconds, Direction::lower_is_better, Scope::sample, source, definition};
}

constexpr Metric memory(std::string_view id, std::string_view title, std::string_view source,
                        std::string_view definition) {
  return {id, title, Unit::bytes, Direction::lower_is_better, Scope::sample, source, definition};
}

constexpr Metric informational(std::string_view id, std::string_view title, Unit unit, std::string_view source,
                               std::string_view definition) {
  return {id, title, unit, Direction::informational, Scope::sample, source, definition};
}

constexpr Metric count(std::string_view id, std::string_view title, std::string_view source,
                       std::string_view definition) {
  return {id, title, Unit::count, Direction::lower_is_better, Scope::sample, source, definition};
}

constexpr std::string_view kByLabel = "sections and segments, each byte with one label";

/// An exact fact of a program file.
constexpr Metric of_binary(std::string_view id, std::string_view title, std::string_view source,
                           std::string_view definition, Unit unit = Unit::bytes) {
  return {id, title, unit, Direction::lower_is_better, Scope::variant, source, definition};
}

constexpr std::string_view kCounted = "the same";

/// A count of a start, on which launches agree.
constexpr Metric of_start(std::string_view id, std::string_view title, std::string_view source,
                          std::string_view definition) {
  return {id, title, Unit::count, Direction::lower_is_better, Scope::variant, source, definition};
}

constexpr std::string_view kByLayer = "the entries of all layers";
constexpr std::string_view kMerged = "all layers merged";

/// An exact fact of an image.
constexpr Metric of_image(std::string_view id, std::string_view title, std::string_view source,
                          std::string_view definition, Unit unit = Unit::bytes,
                          Direction direction = Direction::lower_is_better) {
  return {id, title, unit, direction, Scope::variant, source, definition};
}

constexpr Metric rate(std::string_view id, std::string_view title, std::string_view source,
                      std::string_view definition) {
  return {id, title, Unit::millihertz, Direction::higher_is_better, Scope::sample, source, definition};
}

constexpr auto kMetrics = std::to_array<Metric>({
    time_of_launch(kHeadline, "first response", "stamps",
                   "From the child's last instruction before execve(2) until the response is complete and valid."),
    time_of_launch(
        "launch.exec_to_listen", "listen", "stamps",
        "From the child's last instruction before execve(2) until the function's socket listens, or, under the "
        "lambda contract, until its first request for an invocation."),
    time_of_launch("launch.listen_to_first_byte", "listen to byte", "stamps",
                   "From the function's socket listening until the first byte of the response arrives."),
    time_of_launch("launch.exec_to_first_byte", "first byte", "stamps",
                   "From the child's last instruction before execve(2) until the first byte of the response arrives."),
    time_of_launch(
        "launch.exec_to_committed", "committed", "stamps",
        "From the child's last instruction before execve(2) until the kernel has passed exec's point of no return."),
    time_of_launch("launch.spawn_to_exec", "spawn", "stamps",
                   "From the launcher's last instruction before clone3(2) until the child's last before execve(2)."),
    time_of_launch("launch.spawn_to_first_response", "spawn to response", "stamps",
                   "From the launcher's last instruction before clone3(2) until the response is complete and valid."),
    time_of_launch("launch.sandbox_setup", "setup", "launcher clock",
                   "Time spent preparing the launch's slot, off the clock of every other interval."),
    time_of_launch(
        "launch.sandbox_teardown", "teardown", "launcher clock",
        "Time spent removing the launch's slot after the process was reaped, off the clock of every other interval."),
    time_of_launch("launch.stop_to_exit", "stop", "stamps",
                   "From the stop signal until the function's process is gone."),
    informational(
        kError, "error", Unit::nanoseconds, "error bounds of the stamps",
        "Half-width of the interval in which the true first response time lies, as far as the instrument knows."),

    memory("memory.rss", "rss", "/proc/PID/smaps_rollup Rss",
           "Resident memory of all the function's processes, stopped after the first response; shared pages count in "
           "each."),
    memory("memory.pss", "pss", "/proc/PID/smaps_rollup Pss",
           "Resident memory with each page divided by the number of processes on the host that map it."),
    memory(
        "memory.uss", "uss", "/proc/PID/smaps_rollup Private_Clean + Private_Dirty",
        "Resident memory that no other process maps, pages of files included, clean or dirty: those stay in the page "
        "cache when the function ends."),
    memory("memory.private", "private", "/proc/PID/smaps_rollup Pss_Anon + Pss_Shmem",
           "Memory that is no file's: heap, stacks, written copies of file pages, shared and tmpfs memory, each page "
           "once: "
           "what stopping the function frees."),
    memory("memory.anon", "anon", "/proc/PID/smaps_rollup Anonymous",
           "Resident memory not backed by a file: heap, stacks, and written copies of file pages."),
    memory("memory.pss_anon", "anon once", "/proc/PID/smaps_rollup Pss_Anon",
           "The same with each page divided by the number of processes that share it since a fork."),
    memory("memory.lazy_free", "lazily freed", "/proc/PID/smaps_rollup LazyFree",
           "Of memory.anon, what the function has given back (MADV_FREE) and the kernel has not taken yet."),
    memory("memory.huge", "huge pages", "/proc/PID/smaps_rollup AnonHugePages",
           "Of memory.anon, what stands in transparent huge pages."),
    memory("memory.file", "file", "/proc/PID/smaps_rollup Rss − Anonymous", "Resident memory backed by files."),
    memory("memory.rss_peak", "peak", "/proc/PID/status VmHWM",
           "Highest resident memory since exec, summed over processes whose peaks need not coincide."),
    informational("memory.rss_peak_error", "peak error", Unit::bytes, "CPUs × batch of the kernel's per-CPU counters",
                  "How far memory.rss_peak may be from the truth."),
    memory("memory.cgroup_peak", "cgroup peak", "cgroup v2 memory.peak, v1 memory.max_usage_in_bytes",
           "Highest memory charged to the launch's cgroup: processes, page cache first touched there, kernel memory."),
    informational("memory.cgroup_peak_quantum", "cgroup quantum", Unit::bytes, "the kernel's charge batch",
                  "Step in which the kernel charges a cgroup; memory.cgroup_peak is no finer."),
    memory("memory.cgroup_anon", "cgroup anon", "cgroup memory.stat anon (v1 rss)",
           "Anonymous memory charged to the launch's cgroup after the first response."),
    memory(
        "memory.cgroup_file", "cgroup file", "cgroup memory.stat file (v1 cache)",
        "Page cache charged to the launch's cgroup after the first response: zero when the files were cached before."),
    memory("memory.page_tables", "page tables", "/proc/PID/status VmPTE",
           "Memory of the kernel's that maps the function's, all levels but the top."),
    count("memory.vmas", "mappings", "/proc/PID/maps, its lines but vsyscall",
          "Areas of the function's address spaces: what mmap(2), the loader and the stack made."),
    count("memory.processes", "processes", "processes of the launch", "Processes over which memory was summed."),

    count("faults.minor", "minor faults", "getrusage / /proc/PID/stat minflt",
          "Page faults after exec that needed no input or output."),
    count("faults.major", "major faults", "getrusage / /proc/PID/stat majflt",
          "Page faults after exec that waited for a device."),
    count("switches.voluntary", "waits", "/proc/PID/status voluntary_ctxt_switches",
          "Times the function gave up the processor to wait, all threads together."),
    informational("switches.involuntary", "preemptions", Unit::count, "/proc/PID/status nonvoluntary_ctxt_switches",
                  "Times the function was taken off the processor while it could run, all threads together."),
    time_of_launch("cpu.user", "cpu user", "wait4(2) rusage utime", "Processor time in user mode from clone to exit."),
    time_of_launch("cpu.system", "cpu system", "wait4(2) rusage stime",
                   "Processor time in the kernel on the function's behalf from clone to exit."),
    time_of_launch("cpu.cgroup", "cpu cgroup", "cgroup v2 cpu.stat usage_usec, v1 cpuacct.usage_percpu, summed",
                   "Processor time charged to the launch's cgroup until its memory was read."),

    informational("disturbance.steal", "steal", Unit::nanoseconds, "/proc/stat steal, all processors",
                  "Time the hypervisor ran something else while a processor of this machine had work, in clock ticks."),
    informational("disturbance.pressure_cpu", "cpu pressure", Unit::nanoseconds, "/proc/pressure/cpu some",
                  "Time in which some task of the machine waited for a processor during the launch."),
    informational("disturbance.pressure_memory", "memory pressure", Unit::nanoseconds, "/proc/pressure/memory some",
                  "Time in which some task of the machine waited for memory during the launch."),
    informational("disturbance.pressure_io", "io pressure", Unit::nanoseconds, "/proc/pressure/io some",
                  "Time in which some task of the machine waited for a device during the launch."),
    informational("disturbance.migrations", "migrations", Unit::count, "/proc/PID/sched nr_migrations",
                  "Times the function was moved to another processor, all threads together."),

    informational("response.bytes", "response", Unit::bytes, "the contract's HTTP parser",
                  "Size of the first response, head and body."),

    rate("load.throughput", "throughput", "load generator",
         "Valid responses in the load's window, divided by its length."),
    time_of_launch("load.latency_p50", "load p50", "load generator",
                   "Half of the window's requests were answered within this time of the instant they were due."),
    time_of_launch("load.latency_p90", "load p90", "load generator", "The same for 90 % of the window's requests."),
    time_of_launch("load.latency_p95", "load p95", "load generator", "The same for 95 % of the window's requests."),
    time_of_launch("load.latency_p99", "load p99", "load generator", "The same for 99 % of the window's requests."),
    time_of_launch("load.latency_p99_9", "load p99.9", "load generator",
                   "The same for 99.9 % of the window's requests; absent when there were fewer than 1000."),
    time_of_launch("load.latency_max", "load max", "load generator", "The slowest of the window's requests."),
    informational("load.requests", "requests", Unit::count, "load generator",
                  "Requests that were due in the load's window, whatever became of them."),
    count("load.errors", "load errors", "load generator",
          "Requests of the window without a valid response: all kinds together."),
    count("load.errors_connect", "refused", "load generator", "Requests for which no connection could be made."),
    count("load.errors_broken", "broken", "load generator",
          "Requests whose connection ended, or carried no HTTP, before the response was complete."),
    count("load.errors_wrong", "wrong", "load generator", "Responses that the workload does not accept."),
    count("load.errors_timeout", "timed out", "load generator", "Requests without a response within the time-out."),
    count("load.errors_unanswered", "unanswered", "load generator",
          "Requests still waiting for a free connection when the last wait was over."),
    count("load.reconnects", "reconnects", "load generator",
          "Connections that the function closed after a complete response, in the window."),
    time_of_launch("load.cpu", "load cpu", "the cgroup's CPU time, without one utime + stime of /proc/PID/stat",
                   "Processor time of the function per second of the load's window: 1 s is one processor, busy."),
    time_of_launch("load.cpu_per_request", "cpu/request", "the same, divided by valid responses",
                   "Processor time of the function per valid response of the load's window."),
    memory(
        "memory.rss_after_requests", "rss after requests", "/proc/PID/smaps_rollup Rss",
        "Resident memory of the function's processes, stopped after --after-requests further requests, one at a time."),
    memory("memory.pss_after_requests", "pss after requests", "/proc/PID/smaps_rollup Pss",
           "The same with each page divided by the number of processes on the host that map it."),
    memory("memory.uss_after_requests", "uss after requests", "/proc/PID/smaps_rollup Private_Clean + Private_Dirty",
           "The same for memory that no other process maps."),
    memory("memory.anon_after_requests", "anon after requests", "/proc/PID/smaps_rollup Anonymous",
           "The same for memory not backed by a file."),
    memory("memory.rss_after_idle", "rss after idle", "/proc/PID/smaps_rollup Rss",
           "Resident memory of the function's processes, stopped after it was left alone for --after-idle."),
    memory("memory.pss_after_idle", "pss after idle", "/proc/PID/smaps_rollup Pss",
           "The same with each page divided by the number of processes on the host that map it."),
    memory("memory.uss_after_idle", "uss after idle", "/proc/PID/smaps_rollup Private_Clean + Private_Dirty",
           "The same for memory that no other process maps."),
    memory("memory.anon_after_idle", "anon after idle", "/proc/PID/smaps_rollup Anonymous",
           "The same for memory not backed by a file."),
    memory("memory.rss_under_load", "rss loaded", "/proc/PID/smaps_rollup Rss",
           "Resident memory of the function's processes at the end of the load's window, requests in flight."),
    memory("memory.pss_under_load", "pss loaded", "/proc/PID/smaps_rollup Pss",
           "The same with each page divided by the number of processes on the host that map it."),
    memory("memory.uss_under_load", "uss loaded", "/proc/PID/smaps_rollup Private_Clean + Private_Dirty",
           "The same for memory that no other process maps."),
    memory("memory.rss_after_load", "rss after", "/proc/PID/smaps_rollup Rss",
           "Resident memory of the function's processes, stopped, 200 ms after the load's connections were closed."),
    memory("memory.pss_after_load", "pss after", "/proc/PID/smaps_rollup Pss",
           "The same with each page divided by the number of processes on the host that map it."),
    memory("memory.uss_after_load", "uss after", "/proc/PID/smaps_rollup Private_Clean + Private_Dirty",
           "The same for memory that no other process maps."),
    informational("load.generator_limit", "generator limit", Unit::millihertz, "load generator against a null server",
                  "What the generator itself reaches over the same connections against a server that does nothing."),
    informational("load.generator_lag", "generator lag", Unit::nanoseconds, "load generator",
                  "99 % of the requests for which a connection was free were sent within this time of being due."),
    time_of_launch("load.gc_pause_max", "GC pause max", "the function's /metrics: go_gc_duration_seconds, quantile 1",
                   "Longest of the Go runtime's latest 256 garbage collection pauses, read when the load was over."),
    time_of_launch("load.gc_pause_mean", "GC pause mean",
                   "the function's /metrics: go_gc_duration_seconds sum and count",
                   "Mean garbage collection pause from the process's start to the end of the load."),
    informational("load.gc_cycles", "GC cycles", Unit::count, "the function's /metrics: go_gc_duration_seconds count",
                  "Garbage collections from the process's start to the end of the load."),

    rate("scrape.throughput", "served", "/metrics: count of the request histogram, or a counter",
         "Requests between two scrapes, divided by the time between them."),
    time_of_launch("scrape.latency_p50", "p50", "/metrics: histogram, interpolated",
                   "Half of the requests between two scrapes took at most this long, as far as buckets tell."),
    time_of_launch("scrape.latency_p90", "p90", "/metrics: histogram, interpolated", "The same for 90 % of them."),
    time_of_launch("scrape.latency_p95", "p95", "/metrics: histogram, interpolated", "The same for 95 % of them."),
    time_of_launch("scrape.latency_p99", "p99", "/metrics: histogram, interpolated", "The same for 99 % of them."),
    informational("scrape.latency_p50_width", "p50 width", Unit::nanoseconds, "/metrics: bounds of the bucket",
                  "Width of the bucket scrape.latency_p50 lies in: the true one is anywhere in it."),
    informational("scrape.latency_p90_width", "p90 width", Unit::nanoseconds, "/metrics: bounds of the bucket",
                  "The same of scrape.latency_p90."),
    informational("scrape.latency_p95_width", "p95 width", Unit::nanoseconds, "/metrics: bounds of the bucket",
                  "The same of scrape.latency_p95."),
    informational("scrape.latency_p99_width", "p99 width", Unit::nanoseconds, "/metrics: bounds of the bucket",
                  "The same of scrape.latency_p99."),
    memory("scrape.rss", "own rss", "/metrics: process_resident_memory_bytes",
           "Resident memory the service itself reports at the end of the window."),
    time_of_launch("scrape.cpu", "cpu", "/metrics: process_cpu_seconds_total",
                   "Processor time per second between two scrapes: 1 s is one processor, busy."),
    time_of_launch("scrape.gc_pause_max", "gc max", "/metrics: go_gc_duration_seconds, quantile 1",
                   "Longest of the Go runtime's recent garbage collection pauses, at the end of the window."),
    time_of_launch("scrape.gc_pause_mean", "gc mean", "/metrics: go_gc_duration_seconds sum and count",
                   "Mean garbage collection pause between two scrapes."),
    informational("scrape.gc_rate", "gc rate", Unit::millihertz, "/metrics: go_gc_duration_seconds count",
                  "Garbage collections between two scrapes, divided by the time between them."),

    memory("density.marginal_pss", "marginal pss", "sums of smaps_rollup Pss with and without it",
           "What the last of N instances adds to the proportional memory of all: its own pages, not those it shares."),
    memory(
        "density.marginal_cgroup", "marginal cgroup", "sums of the cgroups' memory with and without it",
        "What the last of N instances adds to the memory charged to all, the kernel's for them included; charges come "
        "in batches (memory.cgroup_peak_quantum)."),
    memory("density.pss", "pss of all", "smaps_rollup Pss, summed over instances",
           "Proportional memory of N instances together: each page counts once."),
    memory("density.cgroup", "cgroups of all", "v2 memory.current, v1 memory.usage_in_bytes, summed over instances",
           "Memory charged to the cgroups of N instances together."),
    Metric{"density.per_gib", "per GiB", Unit::count, Direction::higher_is_better, Scope::sample,
           "N × 1 GiB / density.cgroup",
           "Instances for which 1 GiB of memory is enough, at the charge these N have on average."},
    informational("density.gap", "gap", Unit::bytes,
                  "memory.private less the cgroups' memory.stat anon + shmem, without its sign, summed",
                  "How far the page tables of all instances and the statistics of their cgroups are apart."),
    informational("density.gap_quantum", "gap quantum", Unit::bytes, "the kernel's charge batch × CPUs",
                  "How far they may be: what the kernel holds back before it gathers statistics."),

    Metric{"memory.smallest_limit", "least limit", Unit::bytes, Direction::lower_is_better, Scope::variant,
           "launches of its own under cgroup memory.max, v1 memory.limit_in_bytes",
           "Smallest memory limit, in whole pages, under which ten launches of ten gave a valid first response."},
    of_start("calls.total", "calls", "ptrace(2), in launches of its own",
             "System calls after execve up to and with the one that sends the first response, of all the function's "
             "processes."),
    of_start("calls.mmap", "mmap", kCounted, "mmap(2) among them."),
    of_start("calls.brk", "brk", kCounted, "brk(2) among them."),
    of_start("calls.madvise", "madvise", kCounted, "madvise(2) among them."),
    of_start("calls.mprotect", "mprotect", kCounted, "mprotect(2) among them."),
    of_start("calls.munmap", "munmap", kCounted, "munmap(2) among them."),

    Metric{
        "image.unpack", "unpack", Unit::nanoseconds, Direction::informational, Scope::variant, "launcher clock",
        "From opening the function's image until its last file is unpacked, once for all launches and part of none."},
    of_image("image.transfer", "transfer", "manifest, configuration and layer blobs",
             "What a registry sends: the manifest, the configuration, and each different layer blob once."),
    of_image("image.new_transfer", "new transfer", "manifest, configuration and layer blobs",
             "What a registry sends where the base image given by --base has been pulled before."),
    of_image("image.tar", "tar", "the layers, uncompressed",
             "Length of the layers' tar archives: headers, padding and end marks included."),
    of_image("image.shipped", "shipped", kByLayer,
             "Bytes of all files of all layers; hard links of one layer count once, sparse files without their holes."),
    of_image("image.live", "live", kMerged,
             "Bytes of the files that are there once all layers are laid on top of each other; hard links count once."),
    of_image("image.disk", "disk", kByLayer, "image.shipped with every file rounded up to whole blocks of 4 KiB."),
    of_image("image.dead", "dead", kMerged,
             "image.shipped − image.live − image.ignored: shipped, and not there. The sum of the six below."),
    of_image("image.dead_overwritten", "overwritten", kMerged,
             "Dead bytes whose path another layer gives another content."),
    of_image("image.dead_metadata_only", "metadata only", kMerged,
             "Dead bytes whose path another layer gives the same content: chmod, chown, touch, a copy of the same."),
    of_image("image.dead_whiteout", "whiteout", kMerged,
             "Dead bytes that another layer removes by name, or with a folder above them."),
    of_image("image.dead_opaque", "opaque", kMerged, "Dead bytes in a folder that another layer empties."),
    of_image("image.dead_replaced_type", "replaced type", kMerged,
             "Dead bytes whose path, or a folder's above it, another layer makes something else than it was."),
    of_image("image.dead_duplicate_in_layer", "duplicate entry", kMerged,
             "Dead bytes whose own layer has their path again."),
    of_image("image.dead_transfer", "dead transfer", "the blobs' members, frames and blocks",
             "What dead files take of the compressed layers: exact where compression begins anew at a file's border, "
             "else by proportion."),
    of_image("image.ignored", "ignored", kMerged, "Dead bytes of the paths that --ignore accepts.", Unit::bytes,
             Direction::informational),
    of_image("image.efficiency", "efficiency", kMerged,
             "image.live / image.shipped, rounded down; 1 where nothing is shipped.", Unit::millionths,
             Direction::higher_is_better),
    of_image("image.duplicates", "duplicates", kMerged,
             "Bytes of live files whose content is there more than once, but for one copy each."),
    of_image("image.format", "format", kByLayer, "Bytes of files that only the layers' format needs (eStargz)."),
    of_image("image.layers", "layers", "the manifest", "Layers, one that is there twice counted twice.", Unit::count),
    of_image("image.entries", "entries", kByLayer, "Entries of all layers' archives.", Unit::count),
    of_image("image.files", "files", kMerged, "Live files; hard links count once.", Unit::count,
             Direction::informational),
    of_image("image.setuid", "setuid", kMerged, "Live files with the set-user-id or set-group-id bit.", Unit::count),
    of_image("image.world_writable", "world-writable", kMerged,
             "Live files and folders that everybody may write, folders with the sticky bit left out.", Unit::count),
    of_binary("binary.file", "binary", "stat(2) st_size", "Size of the function's program file, as it is launched."),
    of_binary("binary.headers", "headers", kByLabel,
              "ELF header, program headers, section headers and the sections' names."),
    of_binary("binary.code", "code", kByLabel, "Executable bytes of the file."),
    of_binary("binary.read_only", "constants", kByLabel, "Bytes of the file mapped without permission to write."),
    of_binary("binary.writable", "data", kByLabel, "Initialised writable bytes of the file."),
    of_binary("binary.linking", "linking", kByLabel,
              "What the dynamic linker reads: dynamic symbols, names, versions."),
    of_binary("binary.relocations", "relocations", kByLabel, "Tables of places to patch before the program runs."),
    of_binary("binary.unwind", "unwind", kByLabel, "Tables for exceptions and walking the stack, Go's function table."),
    of_binary("binary.notes", "notes", kByLabel, "Notes and compiler comments, the build id among them."),
    of_binary("binary.symbols", "symbols", kByLabel, "Symbol table and names that a running program never reads."),
    of_binary("binary.debug", "debug", kByLabel, "Debug information, as it lies in the file."),
    of_binary("binary.other", "other", kByLabel, "Sections of no known purpose, and bytes that no table claims."),
    of_binary("binary.padding", "padding", kByLabel, "Bytes between what is claimed: alignment."),
    of_binary("binary.trailing", "trailing", kByLabel, "Bytes after everything the ELF tables describe."),
    of_binary("binary.mapped", "mapped", "LOAD segments, their union", "Addresses the program's segments take."),
    of_binary("binary.mapped_pages", "pages", "LOAD segments, their union in 4 KiB pages",
              "The same, with each page that is touched counted whole."),
    of_binary("binary.debug_expanded", "debug expanded", "sizes that compressed sections state",
              "Debug information with its compressed sections at their full size."),
    of_binary("binary.strip_saves", "strip saves", "the file laid out again without symbols and debug information",
              "What `strip` would take off the file."),
    of_binary("binary.relocation_count", "patches", "dynamic tables of relocations, compact ones expanded",
              "Places patched before the program runs.", Unit::count),
    of_binary("binary.thread_local", "thread-local", "PT_TLS p_memsz", "Bytes that every thread has a copy of."),

    Metric{"build.clean", "clean build", Unit::nanoseconds, Direction::lower_is_better, Scope::variant,
           "scripts/build-costs, CLOCK_MONOTONIC around the build tool",
           "Time to build the function from its sources and those of its dependencies, which are downloaded; the "
           "language's standard library is compiled."},
    Metric{"build.incremental", "incremental", Unit::nanoseconds, Direction::lower_is_better, Scope::variant,
           "scripts/build-costs, CLOCK_MONOTONIC around the build tool",
           "Time to build the function again after a line of its main file changed."},
    Metric{"build.lines", "lines", Unit::count, Direction::lower_is_better, Scope::variant, "scripts/build-costs",
           "Lines of the function's sources, those it shares with others included, that are neither blank, comment nor "
           "test."},
    Metric{"build.dependencies", "dependencies", Unit::count, Direction::lower_is_better, Scope::variant,
           "cargo tree, go list -deps, the libraries its CMakeLists.txt names",
           "Packages outside the language's standard library that the function is built from."},
    Metric{"calibration.noise_floor", "noise floor", Unit::ratio, Direction::informational, Scope::sample,
           "frostbyte calibrate",
           "Largest shift that 50 rounds of a function show against 50 of itself, as a part of its median."},
    Metric{"calibration.delay_slope", "slope over known delay", Unit::ratio, Direction::informational, Scope::sample,
           "frostbyte calibrate",
           "By how much the median first response grows when the start takes one unit longer: Theil–Sen over known "
           "delays of 0 to 10 ms."},
    Metric{"calibration.delay_intercept", "intercept", Unit::nanoseconds, Direction::informational, Scope::sample,
           "frostbyte calibrate", "What that line has at no delay: the function's own first response."},
    Metric{"calibration.delay_residual", "largest residual", Unit::nanoseconds, Direction::informational, Scope::sample,
           "frostbyte calibrate", "How far the median of a delay lies from that line at most."},
    Metric{
        "calibration.response_error", "response measured − true", Unit::nanoseconds, Direction::informational,
        Scope::sample, "frostbyte calibrate, `response` and stamps of the function's own",
        "How far the stamp of the launcher lies outside the function's own write of its response: 0 within it, where "
        "nothing tells more."},
    Metric{"calibration.response_after_write", "response − end of write", Unit::nanoseconds, Direction::informational,
           Scope::sample, "frostbyte calibrate, `response` − a stamp of the function's own",
           "From the return of the function's write of its response, by its own clock read, to the stamp of the "
           "launcher."},
    Metric{"calibration.response_after_write_began", "response − begin of write", Unit::nanoseconds,
           Direction::informational, Scope::sample, "frostbyte calibrate, `response` − a stamp of the function's own",
           "The same from just before that write."},
    Metric{"calibration.listen_after_call", "listen − call", Unit::nanoseconds, Direction::informational, Scope::sample,
           "frostbyte calibrate, `listen` − a stamp of the function's own",
           "From just before the function calls listen(2), by its own clock read, to the stamp of the launcher."},
    Metric{"calibration.listen_call", "listen(2) takes", Unit::nanoseconds, Direction::informational, Scope::sample,
           "frostbyte calibrate, the function's own stamps",
           "What listen(2) takes the function; trapped, the launcher connects and sends the request meanwhile."},
    Metric{
        "calibration.observer_effect", "watching adds", Unit::nanoseconds, Direction::informational, Scope::sample,
        "frostbyte calibrate, differences of each round",
        "By how much the first response shifts (Hodges–Lehmann) when an instrument is there, against launches without "
        "it."},
    Metric{"host.clock_read", "clock read", Unit::nanoseconds, Direction::informational, Scope::sample,
           "frostbyte calibrate, CLOCK_MONOTONIC", "What reading the clock takes."},
    Metric{"host.clock_resolution", "clock resolution", Unit::nanoseconds, Direction::informational, Scope::sample,
           "clock_getres(2)", "The smallest step the clock can show."},
    Metric{"host.rcu_grace", "RCU grace period", Unit::nanoseconds, Direction::informational, Scope::sample,
           "frostbyte calibrate, membarrier(2)",
           "What the kernel waits for before it takes namespaces and cgroups apart."},
    Metric{"host.wake_up", "wake-up", Unit::nanoseconds, Direction::informational, Scope::sample,
           "frostbyte calibrate, half of an eventfd ping-pong between two processors",
           "From a write that wakes a process on the other processor until it runs."},
    Metric{"host.netns_make", "network namespace made", Unit::nanoseconds, Direction::informational, Scope::sample,
           "frostbyte calibrate, unshare(2)", "What making a network namespace takes."},
    Metric{"host.netns_lifetime", "network namespace lives on", Unit::nanoseconds, Direction::informational,
           Scope::sample, "frostbyte calibrate, user.max_net_namespaces",
           "From the end of a network namespace's last process until the kernel has taken it apart."},
});

constexpr auto kIntervals = std::to_array<Interval>({
    {kHeadline, "exec", "response"},
    {"launch.exec_to_listen", "exec", "listen"},
    {"launch.listen_to_first_byte", "listen", "first_byte"},
    {"launch.exec_to_first_byte", "exec", "first_byte"},
    {"launch.exec_to_committed", "exec", "committed"},
    {"launch.spawn_to_exec", "spawn", "exec"},
    {"launch.spawn_to_first_response", "spawn", "response"},
    {"launch.stop_to_exit", "stop", "exit"},
});

}  // namespace

std::span<const Metric> all() { return kMetrics; }
std::span<const Interval> intervals() { return kIntervals; }

const Metric* find(std::string_view id) {
  const auto found = std::ranges::find(kMetrics, id, &Metric::id);
  return found == kMetrics.end() ? nullptr : &*found;
}

}  // namespace frostbyte::metric
