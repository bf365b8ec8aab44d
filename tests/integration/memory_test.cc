// Memory figures are the function's: N MiB touched read N, whatever the launcher itself holds.
#include <cmath>

#include "harness.h"

namespace frostbyte::integration {
namespace {

constexpr std::int64_t kMib = 1 << 20;

struct Kind {
  const char* variable;
  const char* metric;
};

class TouchedMemory : public Integration, public ::testing::WithParamInterface<Kind> {};

TEST_P(TouchedMemory, ReadsWhatWasTouchedAboveTheBaseline) {
  const auto [variable, metric] = GetParam();
  const RunFile run = sweep_ok({test_function("test-memory"), "-L", std::string(variable) + "=0,16,64", "--env",
                                "TOUCH_FILE=/tmp/touched", "-r", "5", "-w", "0"});
  const auto names = run.variants();
  ASSERT_EQ(names.size(), 3u);
  const std::int64_t baseline = median(values_of(run.of(names[0]), metric));
  for (const auto& [name, mib] : {std::pair(names[1], 16), std::pair(names[2], 64)}) {
    const auto above = static_cast<double>(median(values_of(run.of(name), metric)) - baseline);
    EXPECT_NEAR(above / static_cast<double>(mib * kMib), 1.0, 0.01) << name << " " << metric;
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, TouchedMemory,
    ::testing::Values(Kind{"TOUCH_MIB", "memory.rss"}, Kind{"TOUCH_MIB", "memory.pss"}, Kind{"TOUCH_MIB", "memory.uss"},
                      Kind{"TOUCH_MIB", "memory.anon"}, Kind{"TOUCH_SHARED_MIB", "memory.rss"},
                      Kind{"TOUCH_SHARED_MIB", "memory.pss"}, Kind{"TOUCH_SHARED_MIB", "memory.private"},
                      Kind{"TOUCH_MEMFD_MIB", "memory.private"}, Kind{"TOUCH_MEMFD_MIB", "memory.file"},
                      Kind{"TOUCH_MIB", "memory.private"}, Kind{"TOUCH_MIB", "memory.pss_anon"},
                      Kind{"TOUCH_FILE_MIB", "memory.file"}, Kind{"TOUCH_LAZY_MIB", "memory.lazy_free"},
                      Kind{"TOUCH_LAZY_MIB", "memory.anon"}, Kind{"THREADS", "memory.anon"}),
    [](const auto& test) {
      return std::string(test.param.variable) + "_" + (test.param.metric + std::string_view("memory.").size());
    });

class Memory : public Integration {};

TEST_F(Memory, InHugePagesIsCountedWhole) {
  const std::string modes = read_file("/sys/kernel/mm/transparent_hugepage/enabled").value_or("[never]");
  if (modes.find("[never]") != std::string::npos) GTEST_SKIP() << "not applicable: this host gives no huge pages";
  const RunFile run = sweep_ok({test_function("test-memory"), "-L", "TOUCH_HUGE_MIB=0,16", "-r", "3", "-w", "0"});
  const auto names = run.variants();
  const auto grown = [&](const char* metric) {
    return median(values_of(run.of(names[1]), metric)) - median(values_of(run.of(names[0]), metric));
  };
  EXPECT_EQ(grown("memory.huge"), 16 * kMib);
  EXPECT_NEAR(static_cast<double>(grown("memory.anon")), 16.0 * kMib, 0.01 * 16 * kMib);
}

TEST_F(Memory, OfAFreshlyWrittenProgramIsNotItsOwn) {
  const auto settled = bundled("cpp-epoll");
  const auto fresh = scratch() / "cpp-epoll";
  std::filesystem::copy(settled, fresh, std::filesystem::copy_options::recursive);
  // Written this moment and not yet on disk: its pages are dirty, and mapped by nobody else.
  const RunFile old_run = sweep_ok({settled, "-r", "3", "-w", "0"});
  const RunFile new_run = sweep_ok({fresh.string(), "-r", "3", "-w", "0", "--overwrite"});
  for (const char* metric : {"memory.private", "memory.anon"})
    EXPECT_NEAR(static_cast<double>(median(values_of(new_run.rows, metric))),
                static_cast<double>(median(values_of(old_run.rows, metric))), 4 * 4096)
        << metric;
  for (const Row& row : new_run.rows) EXPECT_LT(row.value("memory.private"), row.value("memory.uss")) << row.dump();
}

TEST_F(Memory, OfACgroupIsNeverStatedBelowWhatIsMapped) {
  const RunFile run = sweep_ok({bundled("c-musl"), bundled("cpp-epoll"), test_function("test-memory"), "-L",
                                "TOUCH_MIB=0,8", "-r", "20", "-w", "0"});
  for (const Row& row : run.rows) {
    if (row.has("memory.cgroup_anon")) {
      EXPECT_GE(row.value("memory.cgroup_anon"), row.value("memory.pss_anon")) << row.dump();
    } else {
      EXPECT_NE(row.why_not("memory.cgroup_anon"), "") << row.dump();
    }
  }
}

TEST_F(Memory, AfterRequestsAndIdlingIsReadAgainAndLeavesTheFirstReadingAlone) {
  const RunFile run = sweep_ok({test_function("test-memory"), "--env", "GROW_KIB=256", "-L", "TOUCH_MIB=0,1",
                                "--after-requests", "8", "--after-idle", "50ms", "-r", "3", "-w", "0"});
  for (const Row& row : run.rows) {
    for (const char* metric : {"memory.rss", "memory.pss", "memory.uss", "memory.anon"}) {
      const std::string name = metric;
      EXPECT_NEAR(static_cast<double>(row.value(name + "_after_requests") - row.value(name)), 8 * 262144, 16 * 4096)
          << metric << row.dump();
      EXPECT_EQ(row.value(name + "_after_idle"), row.value(name + "_after_requests")) << metric << row.dump();
    }
    EXPECT_GT(row.stamp("exit") - row.stamp("response"), 50'000'000);
  }
}

TEST_F(Memory, OfAFunctionThatFailsLaterIsAFailedLaunchInThatPhase) {
  const Sweep swept =
      sweep({test_function("test-memory"), "--env", "EXIT_AT=4", "--after-requests", "8", "-r", "1", "-w", "0"});
  const Row& row = swept.run.rows.front();
  EXPECT_EQ(row.outcome(), "wrong_response") << "its connection is closed before it is seen to end: " << row.dump();
  EXPECT_EQ(row.text("phase"), "after_requests");
  EXPECT_THAT(row.detail(), ::testing::HasSubstr("request 3 of 8"));
}

TEST_F(Memory, OfSeveralProcessesIsSummedAndSharedPagesCountOnce) {
  const RunFile run =
      sweep_ok({test_function("test-memory"), "-L", "FORK=0,3", "--env", "TOUCH_SHARED_MIB=32", "-r", "5", "-w", "0"});
  const auto names = run.variants();
  for (const Row& row : run.of(names[1])) EXPECT_EQ(row.value("memory.processes"), 4) << row.dump();
  const double alone = static_cast<double>(median(values_of(run.of(names[0]), "memory.pss")));
  const double together = static_cast<double>(median(values_of(run.of(names[1]), "memory.pss")));
  EXPECT_NEAR(together / alone, 1.0, 0.05) << "proportional shares add up to what is there once";
}

TEST_F(Memory, PeakCoversWhatIsResident) {
  const RunFile run = sweep_ok({test_function("test-memory"), "--env", "TOUCH_MIB=32", "-r", "5", "-w", "0"});
  for (const Row& row : run.rows) {
    EXPECT_GE(row.value("memory.rss_peak") + row.value("memory.rss_peak_error"), row.value("memory.rss"));
    EXPECT_GE(row.value("memory.rss"), row.value("memory.pss"));
    EXPECT_GE(row.value("memory.pss"), row.value("memory.uss"));
    EXPECT_EQ(row.value("memory.anon") + row.value("memory.file"), row.value("memory.rss"));
  }
}

TEST_F(Memory, OfTheLauncherIsNotTheFunctions) {
  const Words words{bundled("c-glibc"), "-r", "40", "-w", "2"};
  const RunFile light = sweep_ok(words);
  const RunFile heavy = sweep_ok(words + Words{"--ballast", "300MiB"});
  const std::string name = light.variants().front();
  for (const char* metric :
       {"memory.rss", "memory.pss", "memory.uss", "memory.anon", "memory.file", "memory.rss_peak"}) {
    const std::int64_t difference =
        median(values_of(heavy.of(name), metric)) - median(values_of(light.of(name), metric));
    // Address space randomisation moves a page or two in and out of the working set.
    EXPECT_LE(std::abs(difference), 4 * 4096) << metric;
  }
}

TEST_F(Memory, CgroupFiguresAreGivenWithACgroupAndExplainedWithout) {
  const RunFile run =
      sweep_ok({bundled("c-musl"), "--isolation", "full", "--isolation", "full,-cgroup", "-r", "3", "-w", "0"});
  const auto names = run.variants();
  ASSERT_EQ(names.size(), 2u);
  for (const char* metric : {"memory.cgroup_peak", "memory.cgroup_anon", "memory.cgroup_file"}) {
    for (const Row& row : run.of(names[0])) {
      EXPECT_TRUE(row.has(metric) || !row.why_not(metric).empty()) << metric << ": " << row.dump();
    }
    for (const Row& row : run.of(names[1])) {
      EXPECT_FALSE(row.has(metric)) << row.dump();
      EXPECT_NE(row.why_not(metric), "") << metric << ": " << row.dump();
    }
  }
}

TEST_F(Memory, CgroupPeakCoversWhatWasTouched) {
  const RunFile run = sweep_ok({test_function("test-memory"), "--env", "TOUCH_MIB=32", "-r", "3", "-w", "0"});
  for (const Row& row : run.rows) {
    if (!row.has("memory.cgroup_peak")) {
      EXPECT_NE(row.why_not("memory.cgroup_peak"), "") << row.dump();
      continue;
    }
    EXPECT_GE(row.value("memory.cgroup_peak") + row.value("memory.cgroup_peak_quantum"), 32 * kMib);
    EXPECT_NEAR(static_cast<double>(row.value("memory.cgroup_anon")), 32.0 * kMib, 0.05 * 32 * kMib);
  }
}

}  // namespace
}  // namespace frostbyte::integration
