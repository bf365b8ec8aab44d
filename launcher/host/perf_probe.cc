// The `committed` stamp, end to end: inherited software events on every CPU, a child that executes a program of a few
// instructions, and the kernel's record of that exec, which must lie between two of our own clock readings.
#include <elf.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

#include "launcher/base/clock.h"
#include "launcher/base/fd.h"
#include "launcher/base/file.h"
#include "launcher/host/child_probe.h"
#include "launcher/host/probes.h"

namespace frostbyte::host {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kRing = 8 * kPage;

/// The smallest program: exit(0), as an ELF file made here so that no program of the host is needed.
struct [[gnu::packed]] Program {
  Elf64_Ehdr header{};
  Elf64_Phdr segment{};
  std::array<unsigned char, 9> code = {0x31, 0xff, 0xb8, 0x3c, 0x00,
                                       0x00, 0x00, 0x0f, 0x05};  // xor edi,edi; mov eax,60; syscall

  Program() {
    constexpr std::uint64_t kBase = 0x400000;
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = ET_EXEC;
    header.e_machine = EM_X86_64;
    header.e_version = EV_CURRENT;
    header.e_entry = kBase + sizeof header + sizeof segment;
    header.e_phoff = sizeof header;
    header.e_ehsize = sizeof header;
    header.e_phentsize = sizeof segment;
    header.e_phnum = 1;
    segment.p_type = PT_LOAD;
    segment.p_flags = PF_R | PF_X;
    segment.p_vaddr = segment.p_paddr = kBase;
    segment.p_filesz = segment.p_memsz = sizeof header + sizeof segment + sizeof code;
    segment.p_align = kPage;
  }
};

Result<Fd> make_program() {
  Fd file(::memfd_create("frostbyte-probe", MFD_CLOEXEC));
  if (!file) return system_failure("create", "a memory file");
  const Program program;
  TRY(write_all(file.get(), {reinterpret_cast<const char*>(&program), sizeof program}, "a memory file"));
  return file;
}

/// One event of one CPU, with its ring.
class Event {
 public:
  Event() = default;
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  Event(Event&& other) noexcept : fd_(std::move(other.fd_)), ring_(std::exchange(other.ring_, nullptr)) {}
  ~Event() {
    if (ring_ != nullptr) ::munmap(ring_, kPage + kRing);
  }

  void open(int cpu, PerfReading& reading);
  /// Looks for the exec of `child`.
  void search(pid_t child, Instant before, Instant after, PerfReading& reading) const;

 private:
  Fd fd_;
  std::byte* ring_ = nullptr;
};

void Event::open(int cpu, PerfReading& reading) {
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.config = PERF_COUNT_SW_DUMMY;
  attributes.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME;
  attributes.inherit = attributes.comm = attributes.comm_exec = attributes.sample_id_all = attributes.use_clockid = 1;
  attributes.exclude_kernel = attributes.exclude_hv = 1;
  attributes.clockid = CLOCK_MONOTONIC;
  fd_.reset(static_cast<int>(::syscall(SYS_perf_event_open, &attributes, 0, cpu, -1, PERF_FLAG_FD_CLOEXEC)));
  if (!fd_) {
    reading.open_errno = errno;
    return;
  }
  void* memory = ::mmap(nullptr, kPage + kRing, PROT_READ | PROT_WRITE, MAP_SHARED, fd_.get(), 0);
  if (memory == MAP_FAILED) {
    reading.map_errno = errno;
    return;
  }
  ring_ = static_cast<std::byte*>(memory);
}

void Event::search(pid_t child, Instant before, Instant after, PerfReading& reading) const {
  if (ring_ == nullptr) return;
  const auto* page = reinterpret_cast<const perf_event_mmap_page*>(ring_);
  const std::uint64_t head = __atomic_load_n(&page->data_head, __ATOMIC_ACQUIRE);
  const std::byte* data = ring_ + kPage;
  // A ring this large is not filled by one exec, so nothing wraps and records lie one after the other.
  for (std::uint64_t at = 0; at + sizeof(perf_event_header) <= head && head <= kRing;) {
    perf_event_header header;
    std::memcpy(&header, data + at, sizeof header);
    if (header.size < sizeof header + sizeof(std::uint64_t) || at + header.size > head) return;
    std::uint32_t pid = 0;
    std::int64_t time = 0;
    std::memcpy(&pid, data + at + sizeof header, sizeof pid);
    std::memcpy(&time, data + at + header.size - sizeof time, sizeof time);  // sample_id: TID then TIME, at the end
    at += header.size;
    if (header.type != PERF_RECORD_COMM || (header.misc & PERF_RECORD_MISC_COMM_EXEC) == 0) continue;
    if (std::cmp_not_equal(pid, child)) continue;
    const Instant stamp{Nanos(time)};
    reading.exec_recorded = true;
    reading.within_bracket = before <= stamp && stamp <= after;
    reading.after_fork = stamp - before;
  }
}

std::vector<int> online_cpus() {
  const std::string text = read_trimmed("/sys/devices/system/cpu/online").value_or("0");
  return sandbox::parse_cpu_list(text).value_or(std::vector{0});
}

PerfReading try_in_child() {
  PerfReading reading;
  const Result<Fd> program = make_program();
  if (!program) return {.exec_errno = program.error().code};
  std::vector<Event> events;
  for (const int cpu : online_cpus()) events.emplace_back().open(cpu, reading);
  if (reading.open_errno != 0 || reading.map_errno != 0) return reading;

  char name[] = "frostbyte-probe";
  char* argv[] = {name, nullptr};
  char* none[] = {nullptr};
  const Instant before = MonotonicClock::now();
  const pid_t child = ::fork();
  if (child == 0) {
    ::syscall(SYS_execveat, program->get(), "", argv, none, AT_EMPTY_PATH);
    ::_exit(errno);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  const Instant after = MonotonicClock::now();
  reading.exec_errno = WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
  for (const Event& event : events) event.search(child, before, after, reading);
  return reading;
}

}  // namespace

Result<PerfReading> try_perf() { return in_child(try_in_child); }

Finding judge(const PerfReading& reading, std::optional<std::int64_t> paranoid) {
  Finding finding{.group = Group::stamps, .subject = "exec stamp"};
  const std::string level = paranoid ? ", perf_event_paranoid " + std::to_string(*paranoid) : "";
  if (reading.exec_recorded && reading.within_bracket) {
    finding.detail = "perf stamped an exec " + human(reading.after_fork) + " after its fork began" + level;
    return finding;
  }
  finding.status = Finding::Status::degraded;
  finding.consequence =
      "no committed stamp: a failed exec is told by the child's status alone; the headline figure does not need it";
  const int code = reading.open_errno != 0  ? reading.open_errno
                   : reading.map_errno != 0 ? reading.map_errno
                                            : reading.exec_errno;
  finding.detail = code != 0               ? describe_errno(code) + level
                   : reading.exec_recorded ? "the record's time is not CLOCK_MONOTONIC's"
                                           : "no record of an exec came" + level;
  if (reading.open_errno == EACCES || reading.open_errno == EPERM) {
    finding.remedy = paranoid.value_or(0) > 2 ? "sysctl kernel.perf_event_paranoid=2"
                                              : "allow perf_event_open in the container's syscall filter";
  } else if (reading.map_errno == EPERM) {
    finding.remedy = "sysctl kernel.perf_event_mlock_kb=2048";
  }
  return finding;
}

}  // namespace frostbyte::host
