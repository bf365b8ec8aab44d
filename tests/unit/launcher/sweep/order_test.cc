// round_order is part of the run file's format: a seed recorded today must give the same order in every later version.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "launcher/sweep/plan.h"
#include "launcher/sweep/random.h"

namespace frostbyte::sweep {
namespace {

using Order = std::vector<std::uint32_t>;

TEST(SplitMix64, GivesThePublishedSequence) {
  SplitMix64 random(1234567);
  for (const std::uint64_t expected :
       {6457827717110365317u, 3203168211198807973u, 9817491932198370423u, 4593380528125082431u, 16408922859458223821u})
    EXPECT_EQ(random.next(), expected);
}

TEST(SplitMix64, BelowStaysBelow) {
  rc::check([](std::uint64_t seed) {
    const auto bound = *rc::gen::inRange<std::uint64_t>(1, UINT64_MAX);
    SplitMix64 random(seed);
    for (int i = 0; i < 20; ++i) RC_ASSERT(random.below(bound) < bound);
  });
}

TEST(RoundOrder, IsTheRecordedOne) {
  EXPECT_EQ(round_order(0, 0u, 1), (Order{0}));
  EXPECT_EQ(round_order(0, 0u, 8), (Order{6, 0, 4, 3, 7, 2, 5, 1}));
  EXPECT_EQ(round_order(1, 0u, 8), (Order{4, 2, 0, 5, 6, 1, 7, 3}));
  EXPECT_EQ(round_order(1, 1u, 8), (Order{3, 5, 6, 7, 2, 0, 4, 1}));
  EXPECT_EQ(round_order(20260131, 7u, 8), (Order{4, 7, 3, 6, 0, 5, 1, 2}));
  EXPECT_EQ(round_order(UINT64_MAX, 4294967295u, 10), (Order{3, 1, 7, 9, 6, 4, 5, 8, 0, 2}));
}

TEST(RoundOrder, IsAPermutation) {
  rc::check([](std::uint64_t seed, std::uint32_t round) {
    const auto variants = *rc::gen::inRange<std::uint32_t>(0, 200);
    Order order = round_order(seed, round, variants);
    std::ranges::sort(order);
    Order expected(variants);
    std::iota(expected.begin(), expected.end(), 0u);
    RC_ASSERT(order == expected);
  });
}

TEST(RoundOrder, DependsOnSeedAndRound) {
  std::set<Order> orders;
  for (std::uint64_t seed = 0; seed < 20; ++seed)
    for (std::uint32_t round = 0; round < 20; ++round) orders.insert(round_order(seed, round, 50));
  EXPECT_EQ(orders.size(), 400u);
}

TEST(RoundOrder, PutsEveryVariantInEveryPlaceEquallyOften) {
  // 24 permutations of 4 over 24,000 rounds: 1000 expected each, SD 31; five SDs is a one in a million event.
  std::map<Order, int> counts;
  for (std::uint32_t round = 0; round < 24'000; ++round) ++counts[round_order(42, round, 4)];
  EXPECT_EQ(counts.size(), 24u);
  for (const auto& [order, count] : counts) EXPECT_NEAR(count, 1000, 160);
}

Plan with_instances(std::initializer_list<std::pair<const char*, std::uint64_t>> variants) {
  Plan plan;
  for (const auto& [function, instances] : variants) {
    Variant variant;
    variant.name = std::string(function) + "[instances=" + std::to_string(instances) + "]";
    variant.labels = {{"cache", "warm"}, {"instances", std::to_string(instances)}};
    variant.instances = instances;
    plan.variants.push_back(std::move(variant));
  }
  return plan;
}

TEST(RoundOrder, OfAPlanWithoutInstancesIsTheShuffle) {
  Plan plan;
  plan.variants.resize(8);
  plan.seed = 20260131;
  EXPECT_EQ(round_order(plan, 7), (Order{4, 7, 3, 6, 0, 5, 1, 2}));
}

TEST(RoundOrder, LetsInstancesOfAFunctionFollowOneAnotherInAscendingNumbers) {
  Plan plan = with_instances({{"a", 100}, {"b", 10}, {"a", 1}, {"b", 1}, {"a", 10}});
  std::set<Order> orders;
  for (std::uint32_t round = 0; round < 50; ++round) orders.insert(round_order(plan, round));
  EXPECT_EQ(orders, (std::set<Order>{{2, 4, 0, 3, 1}, {3, 1, 2, 4, 0}}));
}

TEST(RoundOrder, KeepsInstancesInOtherSettingsApart) {
  Plan plan = with_instances({{"a", 1}, {"a", 2}});
  EXPECT_TRUE(same_but_for_instances(plan.variants[0], plan.variants[1]));
  plan.variants[1].labels["cache"] = "cold";
  EXPECT_FALSE(same_but_for_instances(plan.variants[0], plan.variants[1]));
}

}  // namespace
}  // namespace frostbyte::sweep
