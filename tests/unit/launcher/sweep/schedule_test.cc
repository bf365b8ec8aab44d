#include "launcher/sweep/schedule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>

#include "plans.h"

namespace frostbyte::sweep {
namespace {

using record::Outcome;
using testing::IsEmpty;

/// Plays a schedule to its end; `outcome` answers for each launch. Limits itself, so that an endless schedule fails.
template <class Answer>
std::vector<Launch> play(Schedule& schedule, std::uint32_t batch, Answer outcome, std::size_t most = 100'000) {
  std::vector<Launch> made;
  while (made.size() < most) {
    const auto next = schedule.next_batch(batch);
    if (next.empty()) break;
    EXPECT_LE(next.size(), batch);
    for (const Launch& launch : next) {
      schedule.record(launch, outcome(launch));
      made.push_back(launch);
    }
  }
  return made;
}

Outcome always_ok(const Launch&) { return Outcome::ok; }

TEST(Schedule, LaunchesEveryVariantOnceARoundWarmUpsFirst) {
  rc::check([] {
    const auto variants = *rc::gen::inRange<std::uint32_t>(1, 8);
    const auto runs = *rc::gen::inRange<std::uint32_t>(1, 12);
    const auto warmup = *rc::gen::inRange<std::uint32_t>(0, 4);
    const auto batch = *rc::gen::inRange<std::uint32_t>(1, 40);
    const Plan plan = plan_of_variants(variants, runs, warmup);
    const History history;
    Schedule schedule(plan, history);
    RC_ASSERT(schedule.remaining() == std::uint64_t{variants} * (runs + warmup));
    const auto made = play(schedule, batch, always_ok);
    std::vector<Launch> expected;
    for (std::uint32_t round = 0; round < warmup + runs; ++round) {
      const bool warming = round < warmup;
      for (const std::uint32_t variant : round_order(plan.seed, warming ? round : round - warmup, variants))
        expected.push_back({.variant = variant, .round = warming ? round : round - warmup, .warmup = warming});
    }
    RC_ASSERT(made == expected);
    RC_ASSERT(schedule.remaining() == 0u);
  });
}

TEST(Schedule, DoesNotDependOnBatchSizeWhateverFails) {
  rc::check([](const std::map<std::uint32_t, bool>& fails) {
    Plan plan = plan_of_variants(5, 10, 2);
    const auto answer = [&](const Launch& launch) {
      const auto found = fails.find(launch.variant);
      return found != fails.end() && found->second ? Outcome::timeout : Outcome::ok;
    };
    const History history;
    Schedule one(plan, history), many(plan, history);
    RC_ASSERT(play(one, 1, answer) == play(many, 64, answer));
  });
}

TEST(Schedule, StopsAVariantAfterIdenticalFailuresAtTheStart) {
  Plan plan = plan_of_variants(2, 50, 3);
  const History history;
  Schedule schedule(plan, history);
  const auto made =
      play(schedule, 64, [](const Launch& launch) { return launch.variant == 1 ? Outcome::exec_failed : Outcome::ok; });
  EXPECT_EQ(std::ranges::count(made, 1u, &Launch::variant), 5);
  EXPECT_EQ(std::ranges::count(made, 0u, &Launch::variant), 53);
}

TEST(Schedule, TheLaunchThatStopsAVariantIsAMeasuredOne) {
  for (const std::uint32_t limit : {1u, 2u, 5u}) {
    Plan plan = plan_of_variants(1, 50, 10);
    plan.max_failures = limit;
    const History history;
    Schedule schedule(plan, history);
    const auto made = play(schedule, 64, [](const Launch&) { return Outcome::timeout; });
    ASSERT_EQ(made.size(), limit);
    EXPECT_EQ(std::ranges::count(made, false, &Launch::warmup), 1);
    EXPECT_FALSE(made.back().warmup);
  }
}

TEST(Schedule, NeverStopsAVariantThatDidAnythingElseOnce) {
  Plan plan = plan_of_variants(1, 50);
  const History history;
  Schedule schedule(plan, history);
  int launch = 0;
  EXPECT_EQ(
      play(schedule, 64, [&](const Launch&) { return launch++ == 4 ? Outcome::crashed : Outcome::timeout; }).size(),
      50u);
}

TEST(Schedule, ZeroMaxFailuresNeverStops) {
  Plan plan = plan_of_variants(1, 50);
  plan.max_failures = 0;
  const History history;
  Schedule schedule(plan, history);
  EXPECT_EQ(play(schedule, 64, [](const Launch&) { return Outcome::timeout; }).size(), 50u);
}

TEST(Schedule, EndsAnUnlimitedSweepWhenEveryVariantIsStopped) {
  const Plan plan = plan_of_variants(3, kUnlimitedRuns);
  const History history;
  Schedule schedule(plan, history);
  EXPECT_EQ(schedule.remaining(), std::nullopt);
  EXPECT_EQ(play(schedule, 64, [](const Launch&) { return Outcome::timeout; }).size(), 15u);
}

record::Row row_of(const Launch& launch, std::uint64_t sequence, Outcome outcome) {
  return {.sequence = sequence, .round = launch.round, .outcome = outcome, .warmup = launch.warmup};
}

TEST(Schedule, ResumedAnywhereMakesExactlyTheMissingMeasuredLaunches) {
  rc::check([](std::uint32_t failing) {
    const Plan plan = plan_of_variants(4, 9, 2);
    const auto answer = [&](const Launch& launch) {
      return launch.variant == failing % 5 ? Outcome::timeout : Outcome::ok;
    };
    const History nothing;
    Schedule whole(plan, nothing);
    auto all = play(whole, 64, answer);
    const auto cut = *rc::gen::inRange<std::size_t>(0, all.size() + 1);
    History history(plan.variants.size());
    for (std::size_t i = 0; i < cut; ++i) history.add(all[i].variant, row_of(all[i], i, answer(all[i])));
    Schedule rest(plan, history);
    auto made = play(rest, 64, answer);
    std::erase_if(made, [](const Launch& launch) { return launch.warmup; });
    std::vector<Launch> expected(all.begin() + static_cast<std::ptrdiff_t>(cut), all.end());
    std::erase_if(expected, [](const Launch& launch) { return launch.warmup; });
    // A stopped variant's last launches may fall on other rounds, because warm-ups are made again; its number may not
    // grow.
    if (failing % 5 < 4) {
      const auto failed = [&](const Launch& launch) { return launch.variant == failing % 5; };
      RC_ASSERT(std::ranges::count_if(made, failed) <= std::ranges::count_if(expected, failed));
      std::erase_if(made, failed);
      std::erase_if(expected, failed);
    }
    RC_ASSERT(made == expected);
  });
}

TEST(Schedule, ResumedWithNothingLeftLaunchesNothing) {
  const Plan plan = plan_of_variants(1, 1, 3);
  History history(1);
  history.add(0, row_of({}, 0, Outcome::ok));
  Schedule schedule(plan, history);
  EXPECT_THAT(schedule.next_batch(10), IsEmpty());
}

TEST(History, CountsRoundsNotWarmUps) {
  History history(1);
  history.add(0, row_of({.warmup = true}, 0, Outcome::ok));
  history.add(0, row_of({.round = 3}, 1, Outcome::ok));
  EXPECT_EQ(history.rounds(0), 1u);
  EXPECT_TRUE(history.has(0, 3));
  EXPECT_FALSE(history.has(0, 0));
  EXPECT_EQ(history.next_sequence(), 2u);
}

}  // namespace
}  // namespace frostbyte::sweep
