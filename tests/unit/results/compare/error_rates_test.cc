// How often verdicts are wrong, on launches made up to be as bad as real ones: skewed, in two modes, with a drift, with
// bursts that last some rounds, and slower from half-way on, as by another program that began. FROSTBYTE_LONG=1 takes
// the thousands of comparisons that METHOD.md quotes, otherwise some hundreds. On real launches: scripts/bench-compare.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

#include "results/compare/looks.h"
#include "sides.h"

namespace frostbyte::compare {
namespace {

int trials(int brief) { return std::getenv("FROSTBYTE_LONG") != nullptr ? 25 * brief : brief; }

/// One launch after another of a machine that misbehaves, ns.
class Machine {
 public:
  Machine(Draw& draw, std::size_t rounds) : draw_(draw), rounds_(rounds) {}

  void begin_round() {
    ++round_;
    drift_ = 0.98 * drift_ + 400 * draw_.normal();
    if (burst_ > 0) --burst_;
    if (draw_.uniform() < 0.01) burst_ = 1 + draw_.below(20);
  }

  double launch() {
    const double u = draw_.uniform();
    double time = 200'000 + 30'000 * u * u + drift_ + (draw_.uniform() < 0.2 ? 25'000 : 0);
    if (burst_ > 0) time *= 1 + draw_.uniform();
    if (draw_.uniform() < 0.01) time += 3'000'000 * draw_.uniform();
    return 2 * round_ > rounds_ ? 1.25 * time : time;
  }

 private:
  Draw& draw_;
  std::size_t rounds_;
  std::size_t round_ = 0;
  double drift_ = 0;
  std::size_t burst_ = 0;  // rounds it will still last
};

/// Rounds of identical builds.
std::vector<Values> identical(Draw& draw, std::size_t rounds, std::size_t builds = 2) {
  Machine machine(draw, rounds);
  std::vector<Values> sides(builds, Values(rounds));
  for (std::size_t i = 0; i < rounds; ++i) {
    machine.begin_round();
    for (Values& side : sides) side[i] = machine.launch();
  }
  return sides;
}

/// The verdict of sampling that goes on while it is inconclusive, as frostbyte compare does it, at most `looks` times.
Verdict sequential_verdict(const std::vector<Values>& sides, std::size_t looks, const Options& options) {
  Verdict verdict = Verdict::inconclusive;
  const std::vector<std::uint32_t> schedule = look_schedule(std::uint64_t{kFirstLook} << (looks - 1));
  for (const std::uint32_t rounds : schedule) {
    record::RunMaker maker;
    maker.header().plan["looks"] = schedule;
    maker.variant("a").variant("b");
    for (std::uint32_t round = 0; round < rounds; ++round)
      maker.add("a", launched_in(round, sides[0][round])).add("b", launched_in(round, sides[1][round]));
    verdict = *headline(compared(maker.make(), options)).verdict;
    if (verdict != Verdict::inconclusive) break;
  }
  return verdict;
}

bool tells_apart(Verdict verdict) { return verdict == Verdict::better || verdict == Verdict::worse; }

constexpr std::size_t kLooks = 4;
constexpr std::size_t kRounds = kFirstLook << (kLooks - 1);

TEST(ErrorRates, IdenticalBuildsAreToldApartAtMostAsOftenAsPromised) {
  Draw draw(1);
  const int all = trials(200);
  int at_zero = 0;
  int at_default = 0;
  for (int i = 0; i < all; ++i) {
    const std::vector<Values> sides = identical(draw, kRounds);
    at_zero += tells_apart(sequential_verdict(sides, kLooks, with_margin(0)));
    at_default += tells_apart(sequential_verdict(sides, kLooks, {}));
  }
  std::cout << "identical builds told apart: " << at_zero << " of " << all << " at margin 0, " << at_default
            << " at the default margin\n";
  EXPECT_LE(at_zero, 0.05 * all);
  EXPECT_LE(at_default, 0.005 * all);
}

TEST(ErrorRates, LookingWithoutPayingWouldTellIdenticalBuildsApartMoreOften) {
  Draw draw(2);
  const int all = trials(100);
  int paid = 0;
  int unpaid = 0;
  for (int i = 0; i < all; ++i) {
    const std::vector<Values> sides = identical(draw, kRounds);
    paid += tells_apart(sequential_verdict(sides, kLooks, with_margin(0)));
    bool told = false;
    for (std::size_t rounds = kFirstLook; rounds <= kRounds && !told; rounds *= 2) {
      const std::vector<Values> so_far = {
          Values(sides[0].begin(), sides[0].begin() + static_cast<std::ptrdiff_t>(rounds)),
          Values(sides[1].begin(), sides[1].begin() + static_cast<std::ptrdiff_t>(rounds))};
      told = tells_apart(*headline(compared(interleaved(so_far), with_margin(0))).verdict);
    }
    unpaid += told;
  }
  std::cout << "four looks: " << paid << " of " << all << " told apart when they are paid for, " << unpaid
            << " when not\n";
  EXPECT_GT(unpaid, 0.07 * all) << "then the payment is for nothing";
  EXPECT_LT(paid, unpaid);
}

TEST(ErrorRates, HolmKeepsTheErrorOfManyCandidates) {
  Draw draw(3);
  const int all = trials(60);
  int any = 0;
  for (int i = 0; i < all; ++i) {
    const std::vector<Values> sides = identical(draw, 100, 5);
    const record::Run run = interleaved(sides);
    std::vector<Pair> pairs;
    for (std::uint32_t v = 1; v < sides.size(); ++v) pairs.push_back({.base = side(run, 0), .candidate = side(run, v)});
    bool told = false;
    for (const Comparison& comparison : compare(pairs, with_margin(0)))
      told |= tells_apart(*headline(comparison).verdict);
    any += told;
  }
  std::cout << "any of four identical candidates told apart: " << any << " of " << all << "\n";
  EXPECT_LE(any, 0.085 * all);
}

TEST(ErrorRates, ThreePercentMoreIsFound) {
  Draw draw(4);
  const int all = trials(40);
  int worse = 0;
  for (int i = 0; i < all; ++i) {
    std::vector<Values> sides = identical(draw, 50u << 6u);
    for (double& value : sides[1]) value *= 1.03;
    worse += sequential_verdict(sides, 7, {}) == Verdict::worse;
  }
  std::cout << "3 % more called worse within " << (50u << 6u) << " rounds: " << worse << " of " << all << "\n";
  EXPECT_GE(worse, 0.95 * all);
}

}  // namespace
}  // namespace frostbyte::compare
