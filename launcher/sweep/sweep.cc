#include "launcher/sweep/sweep.h"

#include <fmt/format.h>

#include <algorithm>

#include "launcher/sweep/live_median.h"
#include "launcher/sweep/pace.h"
#include "results/metric/metric.h"

namespace frostbyte::sweep {
namespace {

/// A batch is expected to last no longer: the progress line and the time budget are only looked after in between.
constexpr Nanos kBatchTime = std::chrono::seconds(1);

std::optional<Nanos> headline(const record::Sample& sample) {
  if (sample.outcome != record::Outcome::ok) return std::nullopt;
  const auto found = std::ranges::find(metric::intervals(), metric::kHeadline, &metric::Interval::metric);
  if (found == metric::intervals().end()) return std::nullopt;
  const auto value = metric::measure(*found, sample.stamps);
  return value ? std::optional(Nanos(*value)) : std::nullopt;
}

class Sweep {
 public:
  Sweep(const Plan& plan, Executor& executor, const Hooks& hooks, const std::atomic<bool>& interrupted,
        const History& history)
      : plan_(plan),
        executor_(executor),
        hooks_(hooks),
        interrupted_(interrupted),
        schedule_(plan, history),
        pace_(plan.pace),
        medians_(plan.variants.size()),
        sequence_(history.next_sequence()) {}

  Result<SweepResult> run() {
    while (!ended()) {
      const std::vector<Launch> batch = schedule_.next_batch(batch_limit(), next_look());
      if (batch.empty()) {
        if (next_look() >= plan_.runs) break;
        TRY(look());
        continue;
      }
      if (begins_another_round(batch.front()) && out_of_time()) break;
      TRY(run_batch(batch));
      report();
    }
    return std::move(result_);
  }

 private:
  [[nodiscard]] bool ended() const { return result_.reason != record::EndReason::complete; }

  /// One round at first; then as many launches as fit the time at the rate of the last batch.
  [[nodiscard]] std::uint32_t batch_limit() const {
    const std::uint64_t most = std::max(1u, executor_.batch_size());
    if (per_launch_ <= Nanos(0))
      return static_cast<std::uint32_t>(std::min<std::uint64_t>(most, plan_.variants.size()));
    return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(kBatchTime / per_launch_, 1, most));
  }

  /// Rounds after which the samples are looked at next; beyond the plan when they are not.
  [[nodiscard]] std::uint32_t next_look() const {
    return hooks_.enough && looks_ < plan_.looks.size() ? plan_.looks[looks_] : kUnlimitedRuns;
  }

  Result<void> look() {
    ++looks_;
    if (TRY(hooks_.enough())) result_.reason = record::EndReason::decided;
    return {};
  }

  Result<void> run_batch(const std::vector<Launch>& batch) {
    std::vector<std::uint32_t> upcoming;
    for (const Launch& launch : batch) upcoming.push_back(launch.variant);
    TRY(executor_.prepare(upcoming));
    pace_.busy_until_now();
    const Instant begin = MonotonicClock::now();
    const Result<std::size_t> made = launch_all(batch);
    const Nanos took = MonotonicClock::now() - begin;
    // Slots must be released whatever happened to the launches; the first error is the one to report.
    const Result<void> finished = executor_.finish_batch();
    if (made && *made > 0) per_launch_ = std::max(Nanos(1), took / static_cast<std::int64_t>(*made));
    return made ? finished : Result<void>(std::unexpected(made.error()));
  }

  /// Returns how many were made before something ended the sweep.
  Result<std::size_t> launch_all(const std::vector<Launch>& batch) {
    for (std::size_t i = 0; i < batch.size(); ++i) {
      if (begins_another_round(batch[i]) && out_of_time()) return i;
      pace_.wait(interrupted_);
      if (interrupted()) return i;
      TRY(launch_one(batch[i]));
      pace_.busy_until_now();
      if (interrupted()) return i + 1;
    }
    return batch.size();
  }

  Result<void> launch_one(const Launch& launch) {
    record::Sample sample = TRY(executor_.launch(launch.variant));
    if (interrupted_ && sample.outcome != record::Outcome::ok) return {};
    sample.sequence = sequence_;
    sample.round = launch.round;
    sample.variant = plan_.variants[launch.variant].name;
    sample.warmup = launch.warmup;
    if (schedule_.record(launch, sample.outcome)) {
      sample.flags.emplace_back(kStoppedFlag);
      result_.stopped.push_back(launch.variant);
    }
    TRY(hooks_.on_sample(sample));
    count(launch, sample);
    return {};
  }

  void count(const Launch& launch, const record::Sample& sample) {
    last_ = launch;
    ++sequence_;
    ++result_.launches;
    if (sample.outcome != record::Outcome::ok) ++failed_;
    if (const auto value = headline(sample)) medians_[launch.variant].add(*value);
  }

  bool interrupted() {
    if (interrupted_) result_.reason = record::EndReason::interrupted;
    return interrupted_;
  }

  /// True between two measured rounds, the only place where a spent budget ends a sweep: a round is whole or absent.
  [[nodiscard]] bool begins_another_round(const Launch& next) const {
    return last_ && !last_->warmup && last_->round != next.round;
  }

  bool out_of_time() {
    const bool out = plan_.time_budget && MonotonicClock::now() - begin_ >= *plan_.time_budget;
    if (out) result_.reason = record::EndReason::time_budget;
    return out;
  }

  void report() const {
    if (!hooks_.on_batch || !last_) return;
    Progress progress{.warmup = last_->warmup,
                      .round = last_->round,
                      .rounds = std::nullopt,
                      .launches = result_.launches,
                      .remaining = schedule_.remaining(),
                      .failed = failed_,
                      .elapsed = MonotonicClock::now() - begin_,
                      .time_left = std::nullopt,
                      .median = [this](std::uint32_t variant) { return medians_[variant].value(); }};
    if (last_->warmup) {
      progress.rounds = plan_.warmup;
    } else if (plan_.runs != kUnlimitedRuns) {
      progress.rounds = plan_.runs;
    }
    if (plan_.time_budget) progress.time_left = std::max(Nanos(0), *plan_.time_budget - progress.elapsed);
    hooks_.on_batch(progress);
  }

  const Plan& plan_;
  Executor& executor_;
  const Hooks& hooks_;
  const std::atomic<bool>& interrupted_;
  Schedule schedule_;
  Pace pace_;
  Instant begin_ = MonotonicClock::now();
  Nanos per_launch_{0};  // of the last batch, pace included; 0 before the first
  std::vector<LiveMedian> medians_;
  std::uint64_t sequence_;
  std::uint64_t failed_ = 0;
  std::size_t looks_ = 0;  // taken
  std::optional<Launch> last_;
  SweepResult result_;
};

}  // namespace

Result<SweepResult> run_sweep(const Plan& plan, Executor& executor, const Hooks& hooks,
                              const std::atomic<bool>& interrupted, const History& history) {
  return Sweep(plan, executor, hooks, interrupted, history).run();
}

}  // namespace frostbyte::sweep
