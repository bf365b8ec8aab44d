// The doctor on this very host: what it finds depends on the host, so these tests hold it to laws.
#include "launcher/host/doctor.h"

#include <dirent.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "launcher/base/clock.h"
#include "launcher/base/file.h"
#include "launcher/host/child_probe.h"
#include "launcher/host/mountinfo.h"
#include "launcher/host/probes.h"

namespace frostbyte::host {
namespace {

using Status = Finding::Status;

std::ptrdiff_t open_descriptors() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
}

/// Everything a probe might change in the process that calls it.
struct State {
  std::string mounts = read_file("/proc/self/mountinfo").value();
  std::string namespaces;
  std::string affinity;
  std::ptrdiff_t descriptors = open_descriptors();
  int no_new_privs = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
  bool operator==(const State&) const = default;

  State() {
    for (const char* kind : {"mnt", "pid_for_children", "net", "ipc", "uts", "cgroup", "user"}) {
      namespaces += std::filesystem::read_symlink(std::string("/proc/self/ns/") + kind).string();
    }
    cpu_set_t set{};
    sched_getaffinity(0, sizeof set, &set);
    affinity.assign(reinterpret_cast<const char*>(&set), sizeof set);
  }
};

TEST(Examine, LeavesTheHostAndTheProcessAsTheyWere) {
  const TempDir base = TempDir::create().value();
  setenv("TMPDIR", base.path().c_str(), 1);
  const State before;
  const Result<DoctorReport> report = examine();
  unsetenv("TMPDIR");
  ASSERT_TRUE(report.has_value());
  EXPECT_TRUE(before == State());
  EXPECT_TRUE(std::filesystem::is_empty(base.path()));
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST(Examine, ReportsEveryGroupInOrderAndCompletely) {
  const Result<DoctorReport> report = examine();
  ASSERT_TRUE(report.has_value());
  EXPECT_TRUE(std::ranges::is_sorted(report->findings, {}, &Finding::group));
  for (std::size_t i = 0; i < kGroupCount; ++i) {
    EXPECT_NE(std::ranges::find(report->findings, static_cast<Group>(i), &Finding::group), report->findings.end()) << i;
  }
  for (const Finding& finding : report->findings) {
    EXPECT_FALSE(finding.detail.empty()) << finding.subject;
    EXPECT_TRUE(finding.status == Status::works || !finding.consequence.empty()) << finding.subject;
  }
  EXPECT_TRUE(report->can_measure);  // or this test could not have been launched either
}

TEST(TryClone3, ReportsTheKernelsErrno) {
  EXPECT_EQ(try_clone3(0), 0);
  EXPECT_EQ(try_clone3(CLONE_NEWNS | CLONE_FS), EINVAL);  // contradictory flags, refused by any kernel
  EXPECT_EQ(try_clone3(CLONE_INTO_CGROUP, 1 << 20), EBADF);
}

TEST(InChild, GivesTheReadingBack) {
  struct Pair {
    int a, b;
  };
  const auto pair = in_child([] { return Pair{3, 4}; });
  ASSERT_TRUE(pair.has_value());
  EXPECT_EQ(pair->a * 10 + pair->b, 34);
}

TEST(InChild, RunsElsewhere) {
  const auto pid = in_child([] { return getpid(); });
  ASSERT_TRUE(pid.has_value());
  EXPECT_NE(*pid, getpid());
}

TEST(InChild, EndsWithItsDeadline) {
  const auto reading = in_child(
      [] {
        pause();
        return 1;
      },
      std::chrono::milliseconds(20));
  ASSERT_FALSE(reading.has_value());
  EXPECT_EQ(reading.error().code, ETIMEDOUT);
}

TEST(InChild, SaysThatTheProbeDied) {
  const auto reading = in_child([]() -> int { _exit(3); });
  ASSERT_FALSE(reading.has_value());
  EXPECT_THAT(reading.error().cause, testing::HasSubstr("ended without giving it"));
}

TEST(TryEviction, KnowsATmpfs) {
  if (file_system_of("/dev/shm") != "tmpfs") GTEST_SKIP() << "/dev/shm is no tmpfs here";
  setenv("TMPDIR", "/dev/shm", 1);
  const auto reading = try_eviction();
  unsetenv("TMPDIR");
  ASSERT_TRUE(reading.has_value());
  EXPECT_FALSE(reading->evicted);
  EXPECT_EQ(reading->file_system, "tmpfs");
}

TEST(TryClock, CostsSomething) {
  const ClockReading reading = try_clock();
  EXPECT_GT(reading.cost.count(), 0);
}

TEST(SpreadOf, OrdersItsFigures) {
  EXPECT_EQ(spread_of({}).count, 0u);
  const Spread spread = spread_of({Nanos(5), Nanos(1), Nanos(9)});
  EXPECT_EQ(spread.least, Nanos(1));
  EXPECT_EQ(spread.median, Nanos(5));
  EXPECT_EQ(spread.p99, Nanos(9));
}

TEST(Human, KeepsTwoToThreeDigits) {
  EXPECT_EQ(human(Nanos(26)), "26 ns");
  EXPECT_EQ(human(Nanos(8'140)), "8.1 us");
  EXPECT_EQ(human(Nanos(12'340'000)), "12 ms");
  EXPECT_EQ(human(Nanos(1'200'000'000)), "1.2 s");
}

}  // namespace
}  // namespace frostbyte::host
