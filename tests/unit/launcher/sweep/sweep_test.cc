#include "launcher/sweep/sweep.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "launcher/sweep/live_median.h"
#include "launcher/sweep/pace.h"
#include "plans.h"

namespace frostbyte::sweep {
namespace {

using record::EndReason;
using record::Outcome;
using record::Sample;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Answers from a function and holds the sweep to the executor's contract.
class ScriptedExecutor : public Executor {
 public:
  std::function<Result<Sample>(std::uint32_t)> answer = [](std::uint32_t) { return ok_sample(); };
  Result<void> prepare_result;
  std::uint32_t batch = 4;
  std::vector<std::uint32_t> launched;
  std::vector<std::size_t> batches;
  std::size_t batches_finished = 0;

  Result<void> prepare(std::span<const std::uint32_t> upcoming) override {
    EXPECT_EQ(batches.size(), batches_finished) << "a batch was prepared before the last one was finished";
    EXPECT_FALSE(upcoming.empty());
    EXPECT_LE(upcoming.size(), batch);
    if (!prepare_result) return prepare_result;
    prepared_.assign(upcoming.begin(), upcoming.end());
    batches.push_back(upcoming.size());
    next_ = 0;
    return {};
  }
  Result<Sample> launch(std::uint32_t variant) override {
    EXPECT_LT(next_, prepared_.size()) << "launched more than was prepared";
    EXPECT_EQ(prepared_[next_++], variant) << "launched in another order than prepared";
    launched.push_back(variant);
    return answer(variant);
  }
  Result<Sample> census(std::uint32_t variant) override { return answer(variant); }
  Result<Sample> try_limit(std::uint32_t variant, Bytes) override { return answer(variant); }
  Result<void> finish_batch() override {
    ++batches_finished;
    return {};
  }
  [[nodiscard]] std::uint32_t batch_size() const override { return batch; }

 private:
  std::vector<std::uint32_t> prepared_;
  std::size_t next_ = 0;
};

struct Recorder {
  std::vector<Sample> samples;
  std::vector<Progress> progress;
  std::atomic<bool> interrupted = false;
  Hooks hooks{.on_sample = [this](const Sample& sample) -> Result<void> {
                samples.push_back(sample);
                return {};
              },
              .on_batch = [this](const Progress& now) { progress.push_back(now); }};
};

TEST(RunSweep, GivesAsManySamplesAsLaunchesAskedFor) {
  rc::check([] {
    const auto variants = *rc::gen::inRange<std::uint32_t>(1, 6);
    const auto runs = *rc::gen::inRange<std::uint32_t>(1, 10);
    const auto warmup = *rc::gen::inRange<std::uint32_t>(0, 3);
    ScriptedExecutor executor;
    executor.batch = *rc::gen::inRange<std::uint32_t>(1, 20);
    Recorder recorder;
    const auto result =
        run_sweep(plan_of_variants(variants, runs, warmup), executor, recorder.hooks, recorder.interrupted);
    RC_ASSERT(result.has_value());
    RC_ASSERT(result->reason == EndReason::complete);
    RC_ASSERT(recorder.samples.size() == variants * (runs + warmup));
    for (std::size_t i = 0; i < recorder.samples.size(); ++i) RC_ASSERT(recorder.samples[i].sequence == i);
    RC_ASSERT(executor.batches.size() == executor.batches_finished);
  });
}

TEST(RunSweep, MarksWarmUpsAndNamesVariants) {
  ScriptedExecutor executor;
  Recorder recorder;
  ASSERT_TRUE(run_sweep(plan_of_variants(1, 2, 1), executor, recorder.hooks, recorder.interrupted).has_value());
  ASSERT_EQ(recorder.samples.size(), 3u);
  EXPECT_TRUE(recorder.samples[0].warmup);
  EXPECT_FALSE(recorder.samples[1].warmup);
  EXPECT_EQ(recorder.samples[2].round, 1u);
  EXPECT_EQ(recorder.samples[2].variant, "v0");
}

TEST(RunSweep, HandsASampleOnBeforeTheNextLaunch) {
  ScriptedExecutor executor;
  Recorder recorder;
  executor.answer = [&](std::uint32_t) {
    EXPECT_EQ(recorder.samples.size() + 1, executor.launched.size());
    return ok_sample();
  };
  ASSERT_TRUE(run_sweep(plan_of_variants(3, 5), executor, recorder.hooks, recorder.interrupted).has_value());
  EXPECT_EQ(recorder.samples.size(), 15u);
}

TEST(RunSweep, GoesOnAfterFailuresAndStopsTheVariantThatOnlyFails) {
  ScriptedExecutor executor;
  Recorder recorder;
  executor.answer = [](std::uint32_t variant) { return variant == 0 ? failed_sample() : ok_sample(); };
  const auto result = run_sweep(plan_of_variants(2, 20), executor, recorder.hooks, recorder.interrupted);
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->reason, EndReason::complete);
  EXPECT_THAT(result->stopped, ElementsAre(0u));
  std::vector<Sample> failed;
  std::ranges::copy_if(recorder.samples, std::back_inserter(failed),
                       [](const Sample& sample) { return sample.outcome != Outcome::ok; });
  ASSERT_EQ(failed.size(), 5u);
  EXPECT_THAT(failed.back().flags, ElementsAre(std::string(kStoppedFlag)));
  EXPECT_THAT(failed.front().flags, IsEmpty());
  EXPECT_EQ(recorder.samples.size(), 25u);
}

TEST(RunSweep, SpentTimeEndsItAfterAWholeRound) {
  ScriptedExecutor executor;
  Recorder recorder;
  Plan plan = plan_of_variants(3, kUnlimitedRuns, 2);
  plan.time_budget = Nanos(1);
  const auto result = run_sweep(plan, executor, recorder.hooks, recorder.interrupted);
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->reason, EndReason::time_budget);
  EXPECT_EQ(recorder.samples.size(), 9u);  // two warm-up rounds and one measured round
  EXPECT_EQ(executor.batches.size(), executor.batches_finished);
}

TEST(RunSweep, InterruptionKeepsWhatWasMeasuredAndReleasesTheBatch) {
  ScriptedExecutor executor;
  Recorder recorder;
  executor.answer = [&](std::uint32_t) {
    if (executor.launched.size() == 6) recorder.interrupted = true;
    return ok_sample();
  };
  const auto result = run_sweep(plan_of_variants(4, 100), executor, recorder.hooks, recorder.interrupted);
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->reason, EndReason::interrupted);
  EXPECT_EQ(recorder.samples.size(), 6u);
  EXPECT_EQ(executor.batches.size(), executor.batches_finished);
}

TEST(RunSweep, DropsTheLaunchThatTheInterruptionItselfMayHaveBroken) {
  ScriptedExecutor executor;
  Recorder recorder;
  executor.answer = [&](std::uint32_t) {
    if (executor.launched.size() < 6) return ok_sample();
    recorder.interrupted = true;
    return failed_sample(Outcome::crashed);
  };
  ASSERT_TRUE(run_sweep(plan_of_variants(4, 100), executor, recorder.hooks, recorder.interrupted).has_value());
  EXPECT_EQ(recorder.samples.size(), 5u);
}

TEST(RunSweep, ResumedContinuesNumbersAndMakesOnlyWhatIsMissing) {
  ScriptedExecutor executor;
  Recorder first, second;
  executor.answer = [&](std::uint32_t) {
    if (executor.launched.size() == 17) first.interrupted = true;
    return ok_sample();
  };
  const Plan plan = plan_of_variants(4, 10, 1);
  ASSERT_TRUE(run_sweep(plan, executor, first.hooks, first.interrupted).has_value());
  History history(plan.variants.size());
  for (const Sample& sample : first.samples)
    history.add(
        static_cast<std::uint32_t>(sample.variant.back() - '0'),
        {.sequence = sample.sequence, .round = sample.round, .outcome = sample.outcome, .warmup = sample.warmup});
  const auto result = run_sweep(plan, executor, second.hooks, second.interrupted, history);
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->reason, EndReason::complete);
  EXPECT_EQ(second.samples.front().sequence, 17u);
  std::map<std::pair<std::string, std::uint32_t>, int> measured;
  for (const auto* samples : {&first.samples, &second.samples})
    for (const Sample& sample : *samples)
      if (!sample.warmup) ++measured[{sample.variant, sample.round}];
  EXPECT_EQ(measured.size(), 40u);
  for (const auto& [launch, times] : measured) EXPECT_EQ(times, 1);
}

TEST(RunSweep, AnExecutorsErrorEndsItAndStillReleasesTheBatch) {
  ScriptedExecutor executor;
  Recorder recorder;
  executor.answer = [&](std::uint32_t) -> Result<Sample> {
    if (executor.launched.size() < 3) return ok_sample();
    return failure("launch", "v0", "out of memory");
  };
  const auto result = run_sweep(plan_of_variants(2, 10), executor, recorder.hooks, recorder.interrupted);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().cause, "out of memory");
  EXPECT_EQ(recorder.samples.size(), 2u);
  EXPECT_EQ(executor.batches.size(), executor.batches_finished);
}

TEST(RunSweep, AFailedPrepareEndsIt) {
  ScriptedExecutor executor;
  executor.prepare_result = failure("prepare", "slots", "no permission");
  Recorder recorder;
  const auto result = run_sweep(plan_of_variants(2, 10), executor, recorder.hooks, recorder.interrupted);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().cause, "no permission");
}

TEST(RunSweep, AFailedSampleHookEndsIt) {
  ScriptedExecutor executor;
  Recorder recorder;
  recorder.hooks.on_sample = [](const Sample&) -> Result<void> { return failure("write", "run.jsonl", "disk full"); };
  const auto result = run_sweep(plan_of_variants(2, 10), executor, recorder.hooks, recorder.interrupted);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().cause, "disk full");
  EXPECT_EQ(executor.launched.size(), 1u);
}

TEST(RunSweep, ReportsProgressThatAddsUp) {
  ScriptedExecutor executor;
  Recorder recorder;
  executor.answer = [](std::uint32_t variant) { return ok_sample(variant == 0 ? 300'000 : 900'000); };
  recorder.hooks.on_batch = [&](const Progress& now) {
    EXPECT_EQ(now.launches, recorder.samples.size());
    EXPECT_EQ(now.launches + now.remaining.value_or(0), 33u);
    EXPECT_EQ(now.rounds, now.warmup ? 1u : 10u);
    if (now.launches == 33) {
      EXPECT_EQ(now.median(0), Nanos(300'000));
    }
    recorder.progress.push_back(now);
  };
  ASSERT_TRUE(run_sweep(plan_of_variants(3, 10, 1), executor, recorder.hooks, recorder.interrupted).has_value());
  EXPECT_EQ(recorder.progress.size(), executor.batches.size());
}

TEST(RunSweep, LeavesAtLeastThePaceBetweenLaunches) {
  ScriptedExecutor executor;
  Recorder recorder;
  Plan plan = plan_of_variants(2, 5);
  plan.pace = std::chrono::milliseconds(2);
  std::optional<Instant> last_end;
  executor.answer = [&](std::uint32_t) {
    const Instant now = MonotonicClock::now();
    if (last_end) {
      EXPECT_GE(now - *last_end, plan.pace);
    }
    last_end = MonotonicClock::now();
    return ok_sample();
  };
  ASSERT_TRUE(run_sweep(plan, executor, recorder.hooks, recorder.interrupted).has_value());
}

TEST(Pace, DoesNotWaitOnceInterrupted) {
  std::atomic<bool> interrupted = true;
  const Instant begin = MonotonicClock::now();
  Pace(std::chrono::hours(1)).wait(interrupted);
  EXPECT_LT(MonotonicClock::now() - begin, std::chrono::minutes(1));
}

TEST(LiveMedian, IsTheMedianOfTheLastValues) {
  LiveMedian median;
  EXPECT_EQ(median.value(), std::nullopt);
  for (const int value : {5, 1, 3}) median.add(Nanos(value));
  EXPECT_EQ(median.value(), Nanos(3));
  for (std::size_t i = 0; i < LiveMedian::kWindow; ++i) median.add(Nanos(9));
  EXPECT_EQ(median.value(), Nanos(9));
}

TEST(Looks, AreTakenAfterWholeRoundsBetweenBatches) {
  Plan plan = plan_of_variants(3, 10, 2);
  plan.looks = {2, 5, 10};
  ScriptedExecutor executor;
  executor.batch = 7;
  Recorder recorder;
  std::vector<std::size_t> measured_at_look;
  recorder.hooks.enough = [&]() -> Result<bool> {
    EXPECT_EQ(executor.batches.size(), executor.batches_finished) << "looked while a batch was prepared";
    measured_at_look.push_back(recorder.samples.size() - std::size_t{3} * 2);
    return false;
  };
  const auto result = run_sweep(plan, executor, recorder.hooks, recorder.interrupted);
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->reason, EndReason::complete);
  EXPECT_EQ(recorder.samples.size(), 3u * 12);
  EXPECT_THAT(measured_at_look, ElementsAre(3 * 2, 3 * 5)) << "the end of the plan needs no look";
}

TEST(Looks, EndTheSweepWhenTheSamplesAreEnough) {
  Plan plan = plan_of_variants(2, 100);
  plan.looks = {5, 10, 20, 40, 80, 160};
  ScriptedExecutor executor;
  Recorder recorder;
  recorder.hooks.enough = [&]() -> Result<bool> { return recorder.samples.size() >= 40; };
  const auto result = run_sweep(plan, executor, recorder.hooks, recorder.interrupted);
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->reason, EndReason::decided);
  EXPECT_EQ(recorder.samples.size(), 40u);
}

TEST(Looks, AnErrorOfTheLookEndsTheSweepWithIt) {
  Plan plan = plan_of_variants(1, 100);
  plan.looks = {5};
  ScriptedExecutor executor;
  Recorder recorder;
  recorder.hooks.enough = []() -> Result<bool> { return failure("look", "samples", "unreadable"); };
  const auto result = run_sweep(plan, executor, recorder.hooks, recorder.interrupted);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().cause, "unreadable");
}

TEST(Looks, EndWhenEveryVariantWasStopped) {
  Plan plan = plan_of_variants(1, 1'000);
  plan.looks = {50, 100, 200};
  plan.max_failures = 3;
  ScriptedExecutor executor;
  executor.answer = [](std::uint32_t) { return failed_sample(); };
  Recorder recorder;
  recorder.hooks.enough = []() -> Result<bool> { return false; };
  const auto result = run_sweep(plan, executor, recorder.hooks, recorder.interrupted);
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(recorder.samples.size(), 3u);
}

}  // namespace
}  // namespace frostbyte::sweep
