#include "launcher/launch/disturbance.h"

#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <string_view>

namespace frostbyte::launch {
namespace {

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
constexpr std::int64_t kNanosPerMicrosecond = 1'000;
constexpr Nanos kFresh = std::chrono::milliseconds(1);

std::int64_t nanos_per_tick() {
  static const std::int64_t ticks = ::sysconf(_SC_CLK_TCK);
  return kNanosPerSecond / ticks;
}

Fd open_quietly(const char* path) { return Fd(::open(path, O_RDONLY | O_CLOEXEC)); }

std::optional<std::int64_t> number_at(std::string_view text, std::size_t at) {
  if (at >= text.size()) return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data() + at, text.data() + text.size(), value);
  return error == std::errc() ? std::optional(value) : std::nullopt;
}

/// proc_stat(5): "cpu  user nice system idle iowait irq softirq steal …", over all processors, in clock ticks. The rest
/// of the file is not wanted, so the buffer is short.
std::optional<std::int64_t> read_steal(const Fd& file) {
  constexpr int kStealField = 8;
  char buffer[256];
  const ssize_t n = ::pread(file.get(), buffer, sizeof buffer, 0);
  if (n <= 0) return std::nullopt;
  const std::string_view line(buffer, static_cast<std::size_t>(n));
  std::size_t at = 0;
  for (int i = 0; i < kStealField && at != std::string_view::npos; ++i) {
    at = line.find(' ', at);
    if (at != std::string_view::npos) at = line.find_first_not_of(' ', at);
  }
  const auto ticks = number_at(line, at);
  return ticks ? std::optional(*ticks * nanos_per_tick()) : std::nullopt;
}

/// "some avg10=… total=MICROSECONDS". Reading fails with EOPNOTSUPP when PSI is switched off.
std::optional<std::int64_t> read_stall(const Fd& file) {
  constexpr std::string_view kTotal = "total=";
  char buffer[256];
  const ssize_t n = ::pread(file.get(), buffer, sizeof buffer, 0);
  if (n <= 0) return std::nullopt;
  const std::string_view text(buffer, static_cast<std::size_t>(n));
  const auto at = text.find(kTotal);
  if (!text.starts_with("some ") || at == std::string_view::npos) return std::nullopt;
  const auto microseconds = number_at(text, at + kTotal.size());
  return microseconds ? std::optional(*microseconds * kNanosPerMicrosecond) : std::nullopt;
}

struct Difference {
  const char* name;
  const char* reason;  // when one of the readings failed
};

void publish(Difference what, std::optional<std::int64_t> before, std::optional<std::int64_t> now, Figures& into) {
  if (before && now) {
    into.values[what.name] = *now - *before;
  } else {
    into.unavailable[what.name] = what.reason;
  }
}

constexpr const char* kNoPressure =
    "this kernel gives no /proc/pressure: it was built without CONFIG_PSI, or needs psi=1 at boot";
constexpr const char* kNoSteal = "/proc/stat gives no steal time";

}  // namespace

DisturbanceMeter DisturbanceMeter::open() {
  DisturbanceMeter meter;
  meter.stat_ = open_quietly("/proc/stat");
  meter.pressure_cpu_ = open_quietly("/proc/pressure/cpu");
  meter.pressure_memory_ = open_quietly("/proc/pressure/memory");
  meter.pressure_io_ = open_quietly("/proc/pressure/io");
  return meter;
}

DisturbanceMeter::Readings DisturbanceMeter::read() const {
  return {.steal = read_steal(stat_),
          .cpu = read_stall(pressure_cpu_),
          .memory = read_stall(pressure_memory_),
          .io = read_stall(pressure_io_)};
}

void DisturbanceMeter::start() {
  if (MonotonicClock::now() - read_at_ < kFresh) return;
  last_ = read();
}

void DisturbanceMeter::stop(Figures& into) {
  const Readings now = read();
  publish({"disturbance.steal", kNoSteal}, last_.steal, now.steal, into);
  publish({"disturbance.pressure_cpu", kNoPressure}, last_.cpu, now.cpu, into);
  publish({"disturbance.pressure_memory", kNoPressure}, last_.memory, now.memory, into);
  publish({"disturbance.pressure_io", kNoPressure}, last_.io, now.io, into);
  last_ = now;
  read_at_ = MonotonicClock::now();
}

}  // namespace frostbyte::launch
