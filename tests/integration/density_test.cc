// Many instances at once: each costs what it holds, together they are what their cgroups say, and nothing is left.
#include "harness.h"

namespace frostbyte::integration {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t kMib = 1 << 20;

class Density : public Integration {};

/// The bar of the long mode: 500 on two cores and 24 GiB.
std::string ladder() { return long_mode() ? "1,10,100,500" : "1,4,24"; }

TEST_F(Density, OfBundledFunctionsAddsUpToTheirCgroups) {
  const RunFile run = sweep_ok({bundled("c-musl"), bundled("cpp-epoll"), "--instances", ladder(), "-r", "2"});
  ASSERT_FALSE(run.rows.empty());
  for (const Row& row : run.rows) {
    EXPECT_GT(row.first_response(), 0);
    EXPECT_GE(row.value("density.pss"), row.value("density.marginal_pss")) << row.dump();
    if (!row.has("density.gap")) {
      EXPECT_NE(row.why_not("density.gap"), "") << row.dump();
      continue;
    }
    EXPECT_LE(row.value("density.gap"), row.value("density.gap_quantum")) << row.dump();
    EXPECT_GT(row.value("density.per_gib"), 0) << row.dump();
  }
}

TEST_F(Density, ChargesTheLastInstanceForWhatItAloneHolds) {
  const RunFile run =
      sweep_ok({test_function("test-memory"), "--env", "TOUCH_MIB=2", "--instances", "1,12", "-r", "3"});
  const auto names = run.variants();
  ASSERT_EQ(names.size(), 2u);
  for (const Row& row : run.of(names[1])) {
    // The program's own pages are there already, and are shared.
    EXPECT_NEAR(static_cast<double>(row.value("density.marginal_pss")), 2.0 * kMib, 0.1 * 2 * kMib) << row.dump();
    EXPECT_NEAR(static_cast<double>(row.value("memory.uss")), 2.0 * kMib, 0.1 * 2 * kMib) << row.dump();
    EXPECT_GE(row.value("density.pss"), 12 * 2 * kMib);
    if (row.has("density.cgroup")) {
      EXPECT_GE(row.value("density.cgroup"), 12 * 2 * kMib) << row.dump();
    }
  }
}

TEST_F(Density, IsRefusedBeforeTheHostRunsOutWithTheNumbers) {
  const Sweep swept = sweep({test_function("test-memory"), "--env", "TOUCH_MIB=64", "--instances", "1000", "-r", "1"});
  const Row& row = swept.run.rows.front();
  if (row.ok()) GTEST_SKIP() << "not applicable: this host has room for 1000 times 64 MiB";
  EXPECT_EQ(row.text("phase"), "instances");
  EXPECT_THAT(row.detail(), ::testing::AnyOf(HasSubstr("more instances need about"), HasSubstr("raise ulimit -Hn")));
}

TEST_F(Density, OfAFunctionThatFailsIsAFailedLaunchThatNamesTheInstance) {
  const Sweep swept = sweep({test_function("fault-exits-at-once"), "--instances", "3", "-r", "1"});
  const Row& row = swept.run.rows.front();
  EXPECT_EQ(row.outcome(), "exited_early") << row.dump();
  EXPECT_EQ(row.text("phase"), "instances");
  EXPECT_THAT(row.detail(), HasSubstr("instance 1 of 3: "));
}

TEST_F(Density, NeedsSandboxesOfItsOwn) {
  const Finished refused = frostbyte({"sweep", bundled("c-musl"), "--instances", "2", "--isolation", "none"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("its isolation has no part pid"));
}

class SmallestLimit : public Integration {};

TEST_F(SmallestLimit, IsJustAboveWhatTheFunctionTouches) {
  const RunFile run =
      sweep_ok({test_function("test-memory"), "--env", "TOUCH_MIB=16", "--find-memory-limit", "-r", "1", "-w", "0"});
  const Json& variant = run.header.at("plan").at("variants").at(0);
  if (!variant.contains("values") || !variant.at("values").contains("memory.smallest_limit")) {
    EXPECT_NE(variant.at("unavailable").value("memory.smallest_limit", ""), "") << variant.dump();
    return;
  }
  const std::int64_t limit = variant.at("values").at("memory.smallest_limit");
  EXPECT_GE(limit, 16 * kMib);
  EXPECT_LE(limit, 19 * kMib);
  EXPECT_EQ(limit % 4096, 0);
  EXPECT_THAT(variant.at("notes").dump(), HasSubstr("oom_killed"));
}

TEST_F(SmallestLimit, IsUnavailableWithoutACgroupAndSaysWhy) {
  const RunFile run =
      sweep_ok({bundled("c-musl"), "--isolation", "full,-cgroup", "--find-memory-limit", "-r", "1", "-w", "0"});
  const Json& variant = run.header.at("plan").at("variants").at(0);
  EXPECT_THAT(variant.at("unavailable").value("memory.smallest_limit", ""), HasSubstr("no cgroup"));
}

}  // namespace
}  // namespace frostbyte::integration
