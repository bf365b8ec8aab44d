#include "launcher/host/calibrator.h"

#include <time.h>

#include <algorithm>
#include <cerrno>

#include "launcher/base/clock.h"
#include "launcher/host/calibration_plan.h"
#include "launcher/host/child_probe.h"
#include "launcher/host/probes.h"
#include "launcher/host/stamp_page.h"
#include "launcher/sweep/run_header.h"
#include "results/calibration/analysis.h"
#include "results/metric/metric.h"

namespace frostbyte::host {
namespace {

using calibration::Figure;

/// One part's launches by the executor of all parts: its variants begin at `first`.
class PartExecutor final : public sweep::Executor {
 public:
  PartExecutor(sweep::Executor& whole, std::uint32_t first) : whole_(whole), first_(first) {}
  Result<void> prepare(std::span<const std::uint32_t> upcoming) override {
    std::vector<std::uint32_t> moved(upcoming.begin(), upcoming.end());
    for (std::uint32_t& variant : moved) variant += first_;
    return whole_.prepare(moved);
  }
  Result<record::Sample> launch(std::uint32_t variant) override { return whole_.launch(first_ + variant); }
  Result<record::Sample> census(std::uint32_t variant) override { return whole_.census(first_ + variant); }
  Result<record::Sample> try_limit(std::uint32_t variant, Bytes memory) override {
    return whole_.try_limit(first_ + variant, memory);
  }
  Result<void> finish_batch() override { return whole_.finish_batch(); }
  [[nodiscard]] std::uint32_t batch_size() const override { return whole_.batch_size(); }

 private:
  sweep::Executor& whole_;
  std::uint32_t first_;
};

/// A launch of the self-stamping function: what the launcher stamped, and what it stamped itself.
struct Witnessed {
  std::uint32_t variant = 0;
  std::map<std::string, std::int64_t> stamps;
  OwnStamps own;
};

class Calibrator {
 public:
  Calibrator(const CalibratorOptions& options, CalibrationPlan plan, StampPage page)
      : options_(options), plan_(std::move(plan)), page_(std::move(page)) {}

  Result<calibration::Calibration> run() {
    const Instant begin = MonotonicClock::now();
    const auto executor = TRY(options_.make_executor(plan_.all, options_.executor));
    TRY(against_itself(*executor));
    TRY(known_delays(*executor));
    TRY(stamping_itself(*executor));
    TRY(instruments_left_out(*executor));
    if (options_.probes == CalibratorOptions::Probes::all) probe_host();
    if (*options_.executor.interrupted) return interrupted();
    found_.seed = options_.seed;
    found_.took_ns = (MonotonicClock::now() - begin).count();
    return std::move(found_);
  }

 private:
  using OnSample = std::function<void(std::uint32_t variant, const record::Sample&)>;

  Result<record::Run> launch(sweep::Executor& whole, const CalibrationPart& part, const OnSample& on_sample = {}) {
    const sweep::Plan plan = plan_.of(part, options_.time, options_.seed);
    record::Run run = TRY(record::Run::start(sweep::header_of(plan)));
    PartExecutor executor(whole, part.first);
    const auto keep = [&](const record::Sample& sample) -> Result<void> {
      TRY(run.add(sample));
      if (on_sample && !sample.warmup) on_sample(run.order().back(), sample);
      return {};
    };
    const auto show = [&](const sweep::Progress& progress) {
      if (options_.on_progress) options_.on_progress(part.title, progress);
    };
    const sweep::SweepResult result =
        TRY(sweep::run_sweep(plan, executor, {.on_sample = keep, .on_batch = show}, *options_.executor.interrupted));
    found_.launches += result.launches;
    if (result.reason == record::EndReason::interrupted) return interrupted();
    if (options_.on_part) options_.on_part(part.title);
    return run;
  }

  static Failure interrupted() {
    return system_failure(ECANCELED, "calibrate", "this host", "nothing was written; run it again");
  }

  void add(Figure figure) { found_.figures.push_back(std::move(figure)); }

  Result<void> against_itself(sweep::Executor& executor) {
    const record::Run run = TRY(launch(executor, plan_.against_itself));
    for (const std::string_view metric :
         {metric::kHeadline, std::string_view("launch.spawn_to_exec"), std::string_view("launch.sandbox_setup"),
          std::string_view("launch.sandbox_teardown"), metric::kError})
      add(calibration::distribution_of(run, 0, std::string(metric), "null function, port"));
    add(calibration::distribution_of(run, 2, std::string(metric::kHeadline), "null function, listen-fds"));
    add(calibration::distribution_of(run, 2, std::string(metric::kError), "null function, listen-fds"));
    found_.noise_floor = calibration::noise_floor(run, 0, 1);
    const auto floor = found_.noise_floor.find(std::string(metric::kHeadline));
    Figure headline{.metric = "calibration.noise_floor", .subject = "first response"};
    if (floor != found_.noise_floor.end()) {
      headline.value = floor->second;
      headline.n = run.variants()[0].rows.size() - run.variants()[0].warmups;
    } else {
      headline.reason = "fewer than 50 rounds of both succeeded";
    }
    add(std::move(headline));
    return {};
  }

  Result<void> known_delays(sweep::Executor& executor) {
    const record::Run run = TRY(launch(executor, plan_.delays));
    for (const auto& [contract, delays] : plan_.delay_of)
      for (Figure& figure : calibration::linearity(run, delays, contract)) add(std::move(figure));
    return {};
  }

  Result<void> stamping_itself(sweep::Executor& executor) {
    witnessed_.clear();
    TRY(launch(executor, plan_.stamping, [this](std::uint32_t variant, const record::Sample& sample) {
      const OwnStamps own = page_.take();
      if (sample.outcome == record::Outcome::ok)
        witnessed_.push_back({.variant = variant, .stamps = sample.stamps, .own = own});
    }));
    for (const auto& [variant, subject] : {std::pair(kStampingPort, "port"), std::pair(kStampingFds, "listen-fds")}) {
      add(outside_write(subject, variant));
      add(offset("calibration.response_after_write", subject, variant, "response", stamps::after_write));
      add(offset("calibration.response_after_write_began", subject, variant, "response", stamps::before_write));
    }
    add(offset("calibration.listen_after_call", "port", kStampingPort, "listen", stamps::before_listen));
    add(calibration::distribution("calibration.listen_call", "trapped", listen_calls(kStampingPort)));
    add(calibration::distribution("calibration.listen_call", "not trapped", listen_calls(kStampingUntrapped)));
    return {};
  }

  /// A stamp of the launcher's minus one of the function's, over all launches of a variant.
  Figure offset(const char* metric, const char* subject, std::uint32_t variant, const char* stamp,
                stamps::Stamp own) const {
    std::vector<double> offsets;
    for (const Witnessed& launch : witnessed_) {
      const auto measured = launch.stamps.find(stamp);
      if (launch.variant != variant || measured == launch.stamps.end() || launch.own[own] == 0) continue;
      offsets.push_back(static_cast<double>(measured->second - launch.own[own]));
    }
    return calibration::distribution(metric, subject, std::move(offsets));
  }

  /// The truth lies within the function's write: a stamp within it is off by nothing that can be told.
  [[nodiscard]] Figure outside_write(const char* subject, std::uint32_t variant) const {
    std::vector<double> distances;
    for (const Witnessed& launch : witnessed_) {
      const auto measured = launch.stamps.find("response");
      if (launch.variant != variant || measured == launch.stamps.end() || launch.own[stamps::after_write] == 0)
        continue;
      const std::int64_t nearest =
          std::clamp(measured->second, launch.own[stamps::before_write], launch.own[stamps::after_write]);
      distances.push_back(static_cast<double>(measured->second - nearest));
    }
    return calibration::distribution("calibration.response_error", subject, std::move(distances));
  }

  [[nodiscard]] std::vector<double> listen_calls(std::uint32_t variant) const {
    std::vector<double> calls;
    for (const Witnessed& launch : witnessed_) {
      if (launch.variant != variant || launch.own[stamps::after_listen] == 0) continue;
      calls.push_back(static_cast<double>(launch.own[stamps::after_listen] - launch.own[stamps::before_listen]));
    }
    return calls;
  }

  Result<void> instruments_left_out(sweep::Executor& executor) {
    const record::Run run = TRY(launch(executor, plan_.instruments));
    for (std::uint32_t i = 1; i < plan_.left_out.size(); ++i)
      add(calibration::shift(run, {.metric = std::string(metric::kHeadline), .from = i, .to = 0},
                             "calibration.observer_effect", plan_.left_out[i]));
    return {};
  }

  void add_spread(const char* metric, const char* subject, const Spread& spread) {
    add({.metric = metric,
         .subject = subject,
         .value = static_cast<double>(spread.median.count()),
         .p99 = spread.count >= kEnoughForP99 ? std::optional(static_cast<double>(spread.p99.count())) : std::nullopt,
         .n = spread.count});
  }

  void add_missing(const char* metric, const char* subject, std::string reason) {
    add({.metric = metric, .subject = subject, .reason = std::move(reason)});
  }

  void probe_host() {
    add({.metric = "host.clock_read",
         .subject = "host",
         .value = static_cast<double>(try_clock().cost.count()),
         .n = 1});
    timespec resolution{};
    ::clock_getres(CLOCK_MONOTONIC, &resolution);
    add({.metric = "host.clock_resolution",
         .subject = "host",
         .value = static_cast<double>(resolution.tv_sec) * 1e9 + static_cast<double>(resolution.tv_nsec),
         .n = 1});
    const RcuReading rcu = try_rcu();
    rcu.code == 0 ? add_spread("host.rcu_grace", "host", rcu.grace)
                  : add_missing("host.rcu_grace", "host", "membarrier: " + describe_errno(rcu.code));
    probe_wake();
    probe_networks();
  }

  void probe_wake() {
    const std::vector<int>& chosen = options_.executor.function_cpus;
    const auto cpus =
        sandbox::choose_cpus(options_.executor.launcher_cpu, chosen.empty() ? std::nullopt : std::optional(chosen));
    const Result<WakeReading> wake = cpus ? try_wake(*cpus) : std::unexpected(cpus.error());
    if (!wake) return add_missing("host.wake_up", "host", wake.error().message());
    add_spread("host.wake_up", "busy", wake->busy);
    add_spread("host.wake_up", "after 2 ms idle", wake->idle);
  }

  void probe_networks() {
    const Result<NetnsReading> netns = try_netns();
    if (!netns || netns->code != 0)
      return add_missing("host.netns_make", "host", netns ? describe_errno(netns->code) : netns.error().message());
    add_spread("host.netns_make", "host", netns->create);
    if (!netns->lifetime) return add_missing("host.netns_lifetime", "host", "the kernel did not say when it was gone");
    add({.metric = "host.netns_lifetime",
         .subject = "host",
         .value = static_cast<double>(netns->lifetime->count()),
         .n = 1});
  }

  static constexpr std::size_t kEnoughForP99 = 299;

  const CalibratorOptions& options_;
  CalibrationPlan plan_;
  StampPage page_;
  std::vector<Witnessed> witnessed_;
  calibration::Calibration found_;
};

}  // namespace

Result<calibration::Calibration> calibrate(const CalibratorOptions& options) {
  StampPage page = TRY(StampPage::create());
  CalibrationPlan plan = TRY(plan_calibration(options, page.path()));
  return Calibrator(options, std::move(plan), std::move(page)).run();
}

}  // namespace frostbyte::host
