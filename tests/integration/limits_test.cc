// Limits bind: memory ends a function, CPU slows it, tasks refuse it a fork; and what they leave room for runs.
#include "harness.h"

namespace frostbyte::integration {
namespace {

using ::testing::HasSubstr;

class Limits : public Integration {};

TEST_F(Limits, OfMemoryKillAndSaySoAndLeaveRoomBelow) {
  const Sweep done = sweep({test_function("test-memory"), "--memory-limit", "64MiB", "-L", "TOUCH_MIB=8,256", "-r", "3",
                            "-w", "0", "--max-failures", "0"});
  EXPECT_EQ(done.finished.exit_code, 0) << done.finished.err;
  for (const Row& row : done.run.rows) {
    const bool fits = row.variant().find("TOUCH_MIB=8") != std::string::npos;
    EXPECT_EQ(row.outcome(), fits ? "ok" : "oom_killed") << row.dump();
    EXPECT_THAT(row.detail(), HasSubstr(fits ? "" : "64 MiB"));
  }
}

TEST_F(Limits, OfCpuSlowABusyStart) {
  const RunFile run = sweep_ok({test_function("test-memory"), "--cpus", "0.05", "--cpus", "1", "--env", "TOUCH_MIB=128",
                                "-r", "3", "-w", "0", "--timeout", "60s"});
  const auto names = run.variants();
  ASSERT_EQ(names.size(), 2u);
  // A twentieth of a CPU makes work at most twenty times as long; half of that would show even if it came in bursts.
  EXPECT_GT(median_first_response(run.of(names[0])), 2 * median_first_response(run.of(names[1])));
}

TEST_F(Limits, OfTasksRefuseAForkAndSaySo) {
  const Sweep done =
      sweep({test_function("fault-forks-without-end"), "--tasks-limit", "20", "-r", "1", "-w", "0", "--timeout", "3s"});
  ASSERT_EQ(done.run.rows.size(), 1u);
  EXPECT_FALSE(done.run.rows.front().ok());
  EXPECT_THAT(done.run.rows.front().detail(), HasSubstr("limit of 20 tasks"));
}

}  // namespace
}  // namespace frostbyte::integration
