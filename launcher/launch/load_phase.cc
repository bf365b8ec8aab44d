// The load phase of a launch: after the first response and the memory that belongs to it, the function is put to work
// inside its sandbox. What it costs then are metrics of the same sample.
#include <signal.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cmath>

#include "launcher/contract/listen_trap.h"
#include "launcher/launch/attempt.h"
#include "launcher/launch/memory.h"
#include "launcher/launch/process_files.h"
#include "launcher/load/generator.h"
#include "launcher/load/limit.h"
#include "launcher/scrape/window.h"

namespace frostbyte::launch {
namespace {

/// Between the end of the connections and the reading of what they left: long enough for a server to notice.
constexpr Nanos kSettleTime = std::chrono::milliseconds(200);
constexpr std::uint64_t kFewestForP99_9 = 1000;
/// Of the function's metrics page. It is the last thing that is asked of it.
constexpr Nanos kPageTime = std::chrono::seconds(2);
constexpr std::array kCollectorMetrics = {"load.gc_pause_max", "load.gc_pause_mean", "load.gc_cycles"};
constexpr std::array kMemoryEvents = {"memory.rss", "memory.pss", "memory.uss"};

/// utime + stime, in clock ticks: fields 14 and 15 of /proc/PID/stat, which include threads that have ended.
Result<Nanos> cpu_of_process(pid_t pid) {
  char buffer[4096];
  const ProcessFiles process = TRY(ProcessFiles::open(pid));
  std::string_view text = TRY(process.read("stat", buffer));
  text.remove_prefix(std::min(text.rfind(')') + 1, text.size()));  // the name may hold anything
  std::int64_t ticks = 0;
  for (int field = 3; field <= 15; ++field) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    const std::string_view word = text.substr(0, text.find(' '));
    std::int64_t number = 0;
    if (field >= 14 && std::from_chars(word.data(), word.data() + word.size(), number).ec == std::errc())
      ticks += number;
    text.remove_prefix(word.size());
  }
  static const std::int64_t per_second = ::sysconf(_SC_CLK_TCK);
  return Nanos(ticks * (1'000'000'000 / per_second));
}

/// CPU time of the launch so far: the cgroup's, which counts in nanoseconds or microseconds, else its processes'.
Result<Nanos> cpu_time(pid_t root, const sandbox::Cgroup* cgroup) {
  if (cgroup != nullptr) {
    const auto usage = cgroup->usage();
    if (usage && usage->cpu_time.value) return *usage->cpu_time.value;
  }
  Nanos sum(0);
  for (const pid_t pid : TRY(launch_processes(root, cgroup))) sum += TRY(cpu_of_process(pid));
  return sum;
}

std::int64_t millihertz(double per_second) { return std::llround(per_second * 1e3); }

void put_latencies(const load::Tally& tally, record::Sample& sample) {
  if (tally.latency.count() == 0) return;
  for (const auto& [name, q] : {std::pair{"load.latency_p50", 0.5},
                                {"load.latency_p90", 0.9},
                                {"load.latency_p95", 0.95},
                                {"load.latency_p99", 0.99}})
    sample.values[name] = tally.latency.quantile(q).count();
  if (tally.latency.count() >= kFewestForP99_9)
    sample.values["load.latency_p99_9"] = tally.latency.quantile(0.999).count();
  else
    sample.unavailable["load.latency_p99_9"] = "fewer than 1000 requests in the window: make it longer";
  sample.values["load.latency_max"] = tally.latency.max().count();
}

void put_counts(const load::Tally& tally, record::Sample& sample) {
  sample.values["load.throughput"] = millihertz(tally.throughput());
  sample.values["load.requests"] = static_cast<std::int64_t>(tally.requests);
  sample.values["load.errors"] = static_cast<std::int64_t>(tally.failed());
  for (std::size_t i = 0; i < load::kFaults; ++i)
    sample.values["load.errors_" + std::string(load::to_string(static_cast<load::Fault>(i)))] =
        static_cast<std::int64_t>(tally.faults[i]);
  sample.values["load.reconnects"] = static_cast<std::int64_t>(tally.reconnects);
  if (tally.lag.count() != 0) sample.values["load.generator_lag"] = tally.lag.quantile(0.99).count();
}

void put_limit(const Setting& setting, const load::Tally& tally, record::Sample& sample) {
  if (!setting.load_limit) {
    sample.unavailable["load.generator_limit"] = setting.load_limit.error().message();
    return;
  }
  sample.values["load.generator_limit"] = millihertz(*setting.load_limit);
  if (tally.throughput() > load::kNearLimit * *setting.load_limit)
    sample.flags.emplace_back("load_near_generator_limit");
}

void put_cpu(const Result<Nanos>& before, const Result<Nanos>& after, const load::Tally& tally,
             record::Sample& sample) {
  for (const auto* reading : {&before, &after}) {
    if (*reading) continue;
    sample.unavailable["load.cpu"] = sample.unavailable["load.cpu_per_request"] = reading->error().message();
    return;
  }
  const double spent = static_cast<double>((*after - *before).count());
  sample.values["load.cpu"] = std::llround(spent / std::chrono::duration<double>(tally.window).count());
  if (tally.completed != 0)
    sample.values["load.cpu_per_request"] = std::llround(spent / static_cast<double>(tally.completed));
}

void put_collections(const scrape::Collections& collections, record::Sample& sample) {
  sample.values["load.gc_pause_max"] = std::llround(collections.longest * 1e9);
  sample.values["load.gc_cycles"] = std::llround(collections.count);
  if (collections.count > 0)
    sample.values["load.gc_pause_mean"] = std::llround(collections.pause_sum / collections.count * 1e9);
  else
    sample.unavailable["load.gc_pause_mean"] = "nothing was collected";
}

/// The pauses of Go's collector, from the page the function has for them, over a connection of its own.
void put_collector(const std::string& path, const contract::Address& server, record::Sample& sample) {
  const auto url = scrape::parse_url("http://" + server.to_string() + path);
  const auto page = url ? scrape::fetch(*url, kPageTime) : Result<scrape::Page>(std::unexpected(url.error()));
  const auto collections = page ? scrape::collections_of(page->exposition) : std::nullopt;
  if (collections) return put_collections(*collections, sample);
  for (const char* name : kCollectorMetrics)
    sample.unavailable[name] = page ? "its metrics page has no go_gc_duration_seconds" : page.error().message();
}

/// A load without a single valid response is a failed launch; one with some faults is a figure that names them.
contract::Conclusion conclusion_of(const load::Tally& tally) {
  switch (tally.conclusion) {
    case load::Conclusion::server_ended:
      return {.end = contract::End::exited, .phase = "load", .detail = "under load"};
    case load::Conclusion::interrupted:
      return {.end = contract::End::timeout, .phase = "load", .detail = "interrupted"};
    case load::Conclusion::complete:
      break;
  }
  if (tally.completed != 0 || tally.failed() == 0) return {};
  return {.end = contract::End::wrong_response, .phase = "load", .detail = "no valid response: " + tally.first_problem};
}

}  // namespace

Result<void> Launcher::apply_load(Attempt& attempt) {
  const Setting& setting = attempt.target.setting();
  if (!setting.load || !attempt.answered()) return {};
  const auto server = attempt.prepared.contract->served_at();
  if (!server)
    return failure("load", setting.name, "its contract has no socket that could be loaded", "--contract port");
  const sandbox::Cgroup* cgroup = attempt.prepared.slot.cgroup.get();
  const pid_t root = attempt.child.pid;
  record::Sample& sample = attempt.sample;
  TRY(enter_network(attempt));  // connections are made, and made again, in the function's network

  for (const pid_t pid : TRY(launch_processes(root, cgroup))) ::kill(pid, SIGCONT);
  contract::Watch& watch = *attempt.watch;
  Result<Nanos> cpu_before = Nanos(0), cpu_after = Nanos(0);
  const load::Surroundings surroundings{
      .waiting = waiting_,
      .pidfd = attempt.child.pidfd.get(),
      .attended = {watch.notifications(), watch.stderr_read()},
      .attend = [&](int fd) { fd == watch.stderr_read() ? watch.drain_stderr() : let_late_call_through(watch); },
      .interrupted = interrupted_,
      .window_begins = [&] { cpu_before = cpu_time(root, cgroup); },
      .window_ended = [&] { cpu_after = cpu_time(root, cgroup); },
      .under_load =
          [&] {
            if (const auto processes = launch_processes(root, cgroup))
              put_memory_at("_under_load", kMemoryEvents, *processes, sample);
          }};
  const load::Tally tally = TRY(load::drive(*setting.load, *server, surroundings));
  attempt.conclusion = conclusion_of(tally);
  if (!attempt.answered()) {
    attempt.inside.reset();
    return {};
  }
  put_counts(tally, sample);
  put_latencies(tally, sample);
  put_cpu(cpu_before, cpu_after, tally, sample);
  put_limit(setting, tally, sample);
  if (tally.failed() != 0) sample.flags.emplace_back("load_errors");
  return settle_after_load(attempt);
}

/// What the load leaves behind, looked at as the first response's memory was: stopped.
Result<void> Launcher::settle_after_load(Attempt& attempt) {
  attempt.inside.reset();
  rest(attempt, kSettleTime, {.end = contract::End::exited, .phase = "load", .detail = "after its load"});
  if (!attempt.answered()) return {};
  const auto processes = TRY(launch_processes(attempt.child.pid, attempt.prepared.slot.cgroup.get()));
  if (!freeze(attempt.child.pidfd.get(), processes)) attempt.sample.flags.emplace_back("not_frozen");
  put_memory_at("_after_load", kMemoryEvents, processes, attempt.sample);
  return read_metrics_page(attempt, processes);
}

/// Last of all: answering takes memory and time that would otherwise be in a figure.
Result<void> Launcher::read_metrics_page(Attempt& attempt, const std::vector<pid_t>& processes) {
  const auto server = attempt.prepared.contract->served_at();
  if (attempt.target.setting().load->metrics.empty() || !server) return {};
  TRY(enter_network(attempt));
  for (const pid_t pid : processes) ::kill(pid, SIGCONT);
  put_collector(attempt.target.setting().load->metrics, *server, attempt.sample);
  attempt.inside.reset();
  return {};
}

}  // namespace frostbyte::launch
