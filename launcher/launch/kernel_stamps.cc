#include "launcher/launch/kernel_stamps.h"

#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

namespace frostbyte::launch {
namespace {

constexpr std::size_t kPageSize = 4096;
constexpr std::size_t kRingPages = 8;  // a power of two; one launch needs a few hundred bytes
constexpr std::size_t kRingSize = kRingPages * kPageSize;

perf_event_attr event_attributes() {
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.config = PERF_COUNT_SW_DUMMY;
  attributes.comm = 1;
  attributes.comm_exec = 1;
  attributes.task = 1;
  attributes.inherit = 1;
  attributes.exclude_kernel = 1;  // what makes it permissible at perf_event_paranoid 2
  attributes.exclude_hv = 1;
  attributes.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME;
  attributes.sample_id_all = 1;
  attributes.use_clockid = 1;
  attributes.clockid = CLOCK_MONOTONIC;
  attributes.watermark = 1;
  attributes.wakeup_watermark = kRingSize;  // never wake anybody: the ring is read after the launch
  return attributes;
}

std::string hint_for_open(int error) {
  if (error == EACCES || error == EPERM) return "permit it: sysctl -w kernel.perf_event_paranoid=2";
  return {};
}

/// A record, copied out of the ring because it may wrap around.
struct Record {
  perf_event_header header{};
  std::array<char, 512> body{};

  template <class T>
  [[nodiscard]] T at(std::size_t offset) const {
    T value{};
    if (offset + sizeof value <= body.size()) std::memcpy(&value, body.data() + offset, sizeof value);
    return value;
  }
  /// pid and tid are the first words of FORK, EXIT and COMM records alike (FORK and EXIT: pid, ppid, tid, ptid).
  [[nodiscard]] pid_t pid() const { return at<pid_t>(0); }
  /// With sample_id_all the time is the last field of every record.
  [[nodiscard]] Instant time() const {
    return Instant(
        Nanos(static_cast<std::int64_t>(at<std::uint64_t>(header.size - sizeof header - sizeof(std::uint64_t)))));
  }
};

}  // namespace

Result<KernelStamps> KernelStamps::open(const std::vector<int>& cpus) {
  KernelStamps stamps;
  for (const int cpu : cpus) stamps.rings_.push_back(TRY(Ring::open(cpu)));
  return stamps;
}

void KernelStamps::record(bool on) {
  if (on == recording_) return;
  recording_ = on;
  for (const Ring& ring : rings_) ring.record(on);
}

void KernelStamps::Ring::record(bool on) const {
  ::ioctl(fd_.get(), on ? PERF_EVENT_IOC_ENABLE : PERF_EVENT_IOC_DISABLE, 0);
}

KernelStamps::Stamps KernelStamps::collect(pid_t pid) {
  Stamps stamps;
  for (Ring& ring : rings_) ring.collect(pid, stamps);
  return stamps;
}

Result<KernelStamps::Ring> KernelStamps::Ring::open(int cpu) {
  perf_event_attr attributes = event_attributes();
  Fd fd(static_cast<int>(::syscall(SYS_perf_event_open, &attributes, 0, cpu, -1, PERF_FLAG_FD_CLOEXEC)));
  const std::string subject = "perf event on CPU " + std::to_string(cpu);
  if (!fd) return system_failure("open", subject, hint_for_open(errno));
  void* memory = ::mmap(nullptr, kPageSize + kRingSize, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (memory == MAP_FAILED) return system_failure("map", subject, "raise kernel.perf_event_mlock_kb or `ulimit -l`");
  return Ring(std::move(fd), memory);
}

KernelStamps::Ring::Ring(Ring&& other) noexcept
    : fd_(std::move(other.fd_)), memory_(std::exchange(other.memory_, nullptr)) {}

KernelStamps::Ring::~Ring() {
  if (memory_ != nullptr) ::munmap(memory_, kPageSize + kRingSize);
}

void KernelStamps::Ring::collect(pid_t pid, Stamps& into) {
  auto* page = static_cast<perf_event_mmap_page*>(memory_);
  const char* data = static_cast<const char*>(memory_) + kPageSize;
  const std::uint64_t head = std::atomic_ref(page->data_head).load(std::memory_order_acquire);
  std::uint64_t tail = page->data_tail;
  const auto copy = [&](std::uint64_t from, void* to, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) static_cast<char*>(to)[i] = data[(from + i) % kRingSize];
  };
  while (head - tail >= sizeof(perf_event_header)) {
    Record record;
    copy(tail, &record.header, sizeof record.header);
    if (record.header.size < sizeof record.header) break;  // never written by a working kernel; would loop for ever
    copy(tail + sizeof record.header, record.body.data(),
         std::min<std::size_t>(record.header.size - sizeof record.header, record.body.size()));
    tail += record.header.size;
    if (record.pid() != pid) continue;
    const bool executed =
        record.header.type == PERF_RECORD_COMM && (record.header.misc & PERF_RECORD_MISC_COMM_EXEC) != 0;
    if (executed && !into.committed) into.committed = record.time();
    if (record.header.type == PERF_RECORD_EXIT) into.exit = record.time();  // of its last thread
  }
  std::atomic_ref(page->data_tail).store(tail, std::memory_order_release);
}

}  // namespace frostbyte::launch
