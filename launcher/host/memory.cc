#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <ranges>

#include "launcher/base/file.h"
#include "launcher/host/child_probe.h"
#include "launcher/host/mountinfo.h"
#include "launcher/host/probes.h"
#include "launcher/sandbox/cgroup.h"

#ifndef SYS_cachestat
#define SYS_cachestat 451  // Linux 6.5
#endif

namespace frostbyte::host {
namespace {

using Status = Finding::Status;

constexpr std::size_t kPage = 4096;
constexpr std::size_t kPages = 64;
constexpr const char* kNoPeak = "no cgroup_peak; rss, pss and rss_peak come from the process and are not affected";

struct CacheRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};
struct CacheStat {
  std::uint64_t cached = 0, dirty = 0, writeback = 0, evicted = 0, recently_evicted = 0;
};

/// Pages of the file in the page cache, or -errno.
std::int64_t cached_pages(int file) {
  CacheRange whole;
  CacheStat stat;
  if (::syscall(SYS_cachestat, file, &whole, &stat, 0) != 0) return -errno;
  return static_cast<std::int64_t>(stat.cached);
}

std::int64_t resident_pages(int file) {
  void* memory = ::mmap(nullptr, kPages * kPage, PROT_READ, MAP_SHARED, file, 0);
  if (memory == MAP_FAILED) return -errno;
  std::array<unsigned char, kPages> present{};
  const int result = ::mincore(memory, kPages * kPage, present.data());
  const std::int64_t pages =
      result == 0 ? std::ranges::count_if(present, [](unsigned char p) { return (p & 1) != 0; }) : -errno;
  ::munmap(memory, kPages * kPage);
  return pages;
}

std::optional<std::int64_t> kibibytes_after(const std::string& text, const std::string& key) {
  const std::size_t at = text.find("\n" + key);
  if (at == std::string::npos) return std::nullopt;
  const std::size_t digits = text.find_first_of("0123456789", at);
  std::int64_t value = 0;
  if (digits == std::string::npos) return std::nullopt;
  if (std::from_chars(text.data() + digits, text.data() + text.size(), value).ec != std::errc()) return std::nullopt;
  return value;
}

ProcReading read_stopped(pid_t child) {
  ProcReading reading;
  const std::string folder = "/proc/" + std::to_string(child);
  if (const Result<std::string> smaps = read_file(folder + "/smaps_rollup")) {
    const auto rss = kibibytes_after(*smaps, "Rss:");
    const auto pss = kibibytes_after(*smaps, "Pss:");
    reading.smaps_sane = rss && pss && *rss > 0 && *pss <= *rss;
  } else {
    reading.smaps_errno = smaps.error().code;
  }
  if (const Result<std::string> sched = read_file(folder + "/sched"); !sched) reading.sched_errno = sched.error().code;
  return reading;
}

ProcReading try_proc_in_child() {
  const pid_t child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::raise(SIGSTOP);
    ::_exit(0);
  }
  ::waitpid(child, nullptr, WUNTRACED);
  const ProcReading reading = read_stopped(child);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  return reading;
}

/// The cgroup's memory figures, from one that is made for the purpose.
std::vector<Finding> examine_cgroup_memory(const Surroundings& around) {
  Finding finding{.group = Group::memory, .subject = "cgroup memory"};
  const auto factory = sandbox::CgroupFactory::probe(around.cgroup_parent);
  if (!factory) return {broken_probe(Group::memory, finding.subject, factory.error())};
  if ((*factory)->version() == sandbox::CgroupVersion::none) {
    finding.status = Status::degraded;
    finding.detail = "no cgroup, see isolation";
    finding.consequence = kNoPeak;
    return {finding};
  }
  finding.detail = "cgroup " + std::string(to_string((*factory)->version()));
  const auto cgroup = (*factory)->create({.memory = Bytes{64 << 20}, .cpus = {}, .tasks = {}});
  const auto usage = cgroup ? (*cgroup)->usage() : Result<sandbox::CgroupUsage>(std::unexpected(cgroup.error()));
  if (!usage || !usage->peak.value) {
    finding.status = Status::degraded;
    finding.detail += ": " + take_apart(usage ? usage->peak.unavailable : usage.error().message()).cause;
    finding.consequence = kNoPeak;
    finding.remedy = take_apart((*factory)->reason()).hint;
    return {finding};
  }
  finding.detail += ": usage, peak (quantum " + to_string(usage->peak_quantum) + ")";
  return {finding};
}

}  // namespace

Result<EvictionReading> try_eviction() {
  const TempDir folder = TRY(TempDir::create());
  const std::string path = folder.path() / "pages";
  const Fd file = TRY(open_file(path, O_RDWR | O_CREAT));
  TRY(write_all(file.get(), std::string(kPages * kPage, 'x'), path));
  EvictionReading reading;
  const std::int64_t before = cached_pages(file.get());
  reading.cachestat_errno = before < 0 ? static_cast<int>(-before) : 0;
  // A dirty page cannot be evicted.
  if (::fsync(file.get()) != 0) return system_failure("flush", path);
  ::posix_fadvise(file.get(), 0, 0, POSIX_FADV_DONTNEED);
  const std::int64_t resident = resident_pages(file.get());
  const std::int64_t cached = cached_pages(file.get());
  reading.evicted = reading.cachestat_errno == 0 ? cached == 0 : resident == 0;
  reading.mincore_agrees = resident >= 0 && (resident == 0) == reading.evicted;
  reading.file_system = file_system_of(folder.path());
  return reading;
}

std::vector<Finding> judge(const EvictionReading& reading) {
  Finding proof{.group = Group::memory, .subject = "cache proof"};
  if (reading.cachestat_errno == 0) {
    proof.detail = std::string("cachestat") + (reading.mincore_agrees ? ", mincore agrees" : "");
  } else {
    proof.status = reading.mincore_agrees ? Status::degraded : Status::unavailable;
    proof.detail = "mincore; cachestat: " + describe_errno(reading.cachestat_errno);
    proof.consequence = "mincore tells nothing about files this user may not write; cold is then not proven";
    proof.remedy = "Linux 6.5 or newer, or a container runtime that lets cachestat through";
  }
  Finding eviction{.group = Group::memory, .subject = "cold page cache"};
  const std::string where =
      "$TMPDIR on " + (reading.file_system.empty() ? "an unknown file system" : reading.file_system);
  eviction.detail = where + (reading.evicted ? ": evicted, and proven so" : ": pages stay in memory");
  if (!reading.evicted) {
    eviction.status = Status::degraded;
    eviction.consequence = "--cache cold is refused for functions whose files are there";
    eviction.remedy =
        "keep the function on a disk: ext4, xfs or btrfs, not tmpfs or a memory root; export TMPDIR=/var/tmp";
  }
  return {proof, eviction};
}

Result<ProcReading> try_proc_files() { return in_child(try_proc_in_child); }

std::vector<Finding> judge(const ProcReading& reading) {
  Finding smaps{.group = Group::memory, .subject = "smaps_rollup"};
  smaps.detail = reading.smaps_sane ? "rss, pss, uss of a stopped child" : describe_errno(reading.smaps_errno);
  if (!reading.smaps_sane) {
    smaps.status = Status::unavailable;
    if (reading.smaps_errno == 0) smaps.detail = "Rss and Pss are not in it";
    smaps.consequence = "no memory.rss, pss or uss; memory.rss_peak (VmHWM) remains";
    smaps.remedy = "a kernel with CONFIG_PROC_PAGE_MONITOR; not a user-space kernel such as gVisor";
  }
  Finding sched{.group = Group::memory, .subject = "/proc/PID/sched"};
  sched.detail = reading.sched_errno == 0 ? "migrations of each launch" : describe_errno(reading.sched_errno);
  if (reading.sched_errno != 0) {
    sched.status = Status::degraded;
    sched.consequence = "migrations between CPUs are not counted";
    sched.remedy = "a kernel with CONFIG_SCHED_DEBUG";
  }
  return {smaps, sched};
}

std::vector<Finding> examine_memory(const Surroundings& around) {
  std::vector<Finding> findings;
  const auto add = [&](std::vector<Finding> more) { std::ranges::move(more, std::back_inserter(findings)); };
  const Result<ProcReading> proc = try_proc_files();
  add(proc ? judge(*proc) : std::vector{broken_probe(Group::memory, "smaps_rollup", proc.error())});
  add(examine_cgroup_memory(around));
  const Result<EvictionReading> eviction = try_eviction();
  add(eviction ? judge(*eviction) : std::vector{broken_probe(Group::memory, "cold page cache", eviction.error())});
  return findings;
}

}  // namespace frostbyte::host
