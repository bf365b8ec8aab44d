// Memory figures are the function's: what it touches is what is read, and nothing of the launcher's is in them.
#include "harness.h"

namespace frostbyte::integration {
namespace {

constexpr std::int64_t kMiB = 1 << 20;

class Memory : public Integration {
 protected:
  /// Median of `metric` in a sweep of test-memory with these settings.
  std::int64_t touched(const Words& settings, const std::string& metric) {
    std::filesystem::remove(run_path());
    const RunFile run = sweep_ok(Words{test_function("test-memory"), "-r", "3", "-w", "1"} + settings);
    return median(values_of(run.rows, metric));
  }
};

TEST_F(Memory, TouchingMegabytesReadsThatManyWithinAPercent) {
  for (const std::int64_t mib : {16, 64}) {
    const std::string amount = std::to_string(mib);
    for (const char* metric : {"memory.rss", "memory.pss", "memory.uss", "memory.anon", "memory.rss_peak"}) {
      const std::int64_t before = touched({"--env", "TOUCH_MIB=0"}, metric);
      const std::int64_t after = touched({"--env", "TOUCH_MIB=" + amount}, metric);
      EXPECT_NEAR(static_cast<double>(after - before), static_cast<double>(mib * kMiB),
                  0.01 * static_cast<double>(mib * kMiB))
          << metric << " of " << mib << " MiB";
    }
  }
}

TEST_F(Memory, SharesOfOneProcessAddUp) {
  const RunFile run = sweep_ok({bundled("cpp-epoll"), bundled("c-glibc-dynamic"), "-r", "3", "-w", "1"});
  for (const Row& row : run.rows) {
    EXPECT_LE(row.value("memory.uss"), row.value("memory.pss")) << row.dump();
    EXPECT_LE(row.value("memory.pss"), row.value("memory.rss")) << row.dump();
    EXPECT_NEAR(static_cast<double>(row.value("memory.anon") + row.value("memory.file")),
                static_cast<double>(row.value("memory.rss")), 4096.0)
        << row.dump();
    EXPECT_EQ(row.value("memory.processes"), 1);
  }
}

TEST_F(Memory, ChildrenAreCounted) {
  const RunFile run =
      sweep_ok({test_function("test-memory"), "--env", "FORK=3", "--env", "TOUCH_MIB=4", "-r", "2", "-w", "0"});
  for (const Row& row : run.rows) {
    EXPECT_EQ(row.value("memory.processes"), 4) << row.dump();
    EXPECT_GE(row.value("memory.anon"), 4 * 4 * kMiB);
  }
}

TEST_F(Memory, TheCgroupsFiguresArePresentOrSayWhyNot) {
  const RunFile run = sweep_ok({bundled("c-musl"), "-r", "3", "-w", "0"});
  for (const Row& row : run.rows) {
    for (const char* metric : {"memory.cgroup_peak", "memory.cgroup_anon", "memory.cgroup_file", "cpu.cgroup"}) {
      EXPECT_NE(row.has(metric), !row.why_not(metric).empty()) << metric << ": " << row.dump();
    }
  }
}

TEST_F(Memory, WithoutACgroupTheReasonIsGivenAndNothingIsZero) {
  const RunFile run = sweep_ok({bundled("c-musl"), "--isolation", "none", "-r", "2", "-w", "0"});
  for (const Row& row : run.rows) {
    EXPECT_FALSE(row.has("memory.cgroup_peak"));
    EXPECT_FALSE(row.why_not("memory.cgroup_peak").empty());
    EXPECT_GT(row.value("memory.rss"), 0);
  }
}

}  // namespace
}  // namespace frostbyte::integration
