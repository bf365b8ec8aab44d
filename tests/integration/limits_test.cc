// Limits of a launch's cgroup hold, and what they end is named.
#include "harness.h"

namespace frostbyte::integration {
namespace {

using ::testing::HasSubstr;

class Limits : public Integration {
 protected:
  void SetUp() override {
    Integration::SetUp();
    const Finished probe =
        frostbyte({"sweep", bundled("c-nolibc"), "-r", "1", "-w", "0", "--isolation", "none,+cgroup"});
    if (probe.exit_code != 0) GTEST_SKIP() << "not applicable: this user has no cgroup to work below";
  }
};

TEST_F(Limits, MemoryBeyondTheLimitIsAnOomKill) {
  const Sweep done = sweep({test_function("fault-exceeds-memory"), "--memory-limit", "32MiB", "-r", "3", "-w", "0"});
  ASSERT_EQ(done.run.rows.size(), 3u);
  for (const Row& row : done.run.rows) {
    EXPECT_EQ(row.outcome(), "oom_killed") << row.dump();
    EXPECT_THAT(row.detail(), HasSubstr("32 MiB"));
  }
}

TEST_F(Limits, AFunctionWithinItsLimitIsNotTouched) {
  const RunFile run =
      sweep_ok({test_function("test-memory"), "-L", "TOUCH_MIB=8", "--memory-limit", "64MiB", "-r", "3"});
  for (const Row& row : run.rows) EXPECT_LE(row.value("memory.cgroup_peak"), 64 << 20);
}

TEST_F(Limits, ForksStopAtTheLimitOfTasks) {
  const Sweep done = sweep(
      {test_function("fault-forks-without-end"), "--tasks-limit", "32", "--timeout", "500ms", "-r", "2", "-w", "0"});
  for (const Row& row : done.run.rows) {
    EXPECT_EQ(row.outcome(), "timeout") << row.dump();
    EXPECT_THAT(row.detail(), HasSubstr("the limit of 32 tasks"));
  }
}

TEST_F(Limits, AFunctionBeyondItsCpuQuotaIsHeldUp) {
  const Words busy = {test_function("test-delay"), "--env", "DELAY_US=50000", "-r", "5", "-w", "0"};
  const std::int64_t free = median_first_response(sweep_ok(busy).rows);
  std::filesystem::remove(run_path());
  // A tenth of a CPU is 10 ms in every 100: the 50 ms of busy waiting end in the second period at the earliest.
  EXPECT_GE(2 * median_first_response(sweep_ok(busy + Words{"--cpus", "0.1"}).rows), 3 * free);
}

}  // namespace
}  // namespace frostbyte::integration
