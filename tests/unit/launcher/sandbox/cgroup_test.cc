// On whichever cgroup version this host has; scripts/vm-test runs the same on the other one.
#include "launcher/sandbox/cgroup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "launcher/base/file.h"
#include "live_cgroup.h"

namespace frostbyte::sandbox {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;

/// Whatever the tests did, nothing of theirs may be left in any hierarchy.
class NothingLeftBehind : public testing::Environment {
 public:
  void TearDown() override { EXPECT_THAT(runs_of(*name_process(::getpid())), IsEmpty()); }
};
[[maybe_unused]] const auto* const kNothingLeftBehind = testing::AddGlobalTestEnvironment(new NothingLeftBehind);

char* map_private(std::int64_t bytes) {
  void* memory =
      ::mmap(nullptr, static_cast<std::size_t>(bytes), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ::madvise(memory, static_cast<std::size_t>(bytes), MADV_NOHUGEPAGE);
  return static_cast<char*>(memory);
}

void touch(char* memory, std::int64_t bytes) {
  for (std::int64_t i = 0; i < bytes; i += 4096) static_cast<volatile char*>(memory)[i] = 1;
}

void wait_until_stopped(pid_t pid) {
  int status = 0;
  ASSERT_EQ(::waitpid(pid, &status, WUNTRACED), pid);
  ASSERT_TRUE(WIFSTOPPED(status)) << "status " << status;
}

TEST_F(LiveCgroup, Probe_GivesNoReasonWhenItWorks) { EXPECT_EQ(factory->reason(), ""); }

TEST_F(LiveCgroup, Create_MakesAnEmptyGroup) {
  const auto cgroup = create();
  EXPECT_EQ(cgroup->version(), factory->version());
  EXPECT_THAT(*cgroup->processes(), IsEmpty());
  EXPECT_FALSE(*cgroup->oom_killed());
  EXPECT_FALSE(*cgroup->tasks_limit_hit());
}

TEST_F(LiveCgroup, EntryIsByExactlyOneOfTheTwoWays) {
  const auto cgroup = create();
  EXPECT_NE(cgroup->clone_into_fd() >= 0, !cgroup->join_fds().empty());
}

TEST_F(LiveCgroup, Processes_ListsWhatIsInside) {
  const auto cgroup = create();
  const pid_t child = start_in(*cgroup, [] { ::pause(); });
  // v1 joins in the child: it may not have got there yet.
  for (int i = 0; i < 1000 && cgroup->processes()->empty(); ++i) ::usleep(1000);
  EXPECT_THAT(*cgroup->processes(), testing::ElementsAre(child));
  EXPECT_TRUE(cgroup->kill_all(5s).has_value());
  EXPECT_EQ(WTERMSIG(wait_for_end(child)), SIGKILL);
}

TEST_F(LiveCgroup, Usage_CountsTouchedMemoryToOnePercent) {
  constexpr std::int64_t kTouched = 128 * kMebi;
  const auto cgroup = create();
  const pid_t child = start_in(*cgroup, [] {
    touch(map_private(kTouched), kTouched);
    ::raise(SIGSTOP);
  });
  wait_until_stopped(child);
  const auto usage = cgroup->usage();
  ASSERT_TRUE(usage.has_value()) << usage.error().message();
  ASSERT_TRUE(usage->anon.value.has_value()) << usage->anon.unavailable;
  EXPECT_GE(usage->anon.value->count, kTouched - kTouched / 100);
  EXPECT_LE(usage->anon.value->count, kTouched + kTouched / 100);
  EXPECT_GE(usage->current.value->count, kTouched - kTouched / 100);
  if (usage->peak.value) {
    EXPECT_GE(usage->peak.value->count, kTouched);
  } else {
    EXPECT_NE(usage->peak.unavailable, "");
  }
  EXPECT_GT(usage->peak_quantum.count, 0);
  EXPECT_TRUE(cgroup->kill_all(5s).has_value());
  wait_for_end(child);
}

TEST_F(LiveCgroup, Peak_RemembersWhatWasGivenBack) {
  constexpr std::int64_t kTouched = 64 * kMebi;
  const auto cgroup = create();
  const pid_t child = start_in(*cgroup, [] {
    char* memory = map_private(kTouched);
    touch(memory, kTouched);
    ::munmap(memory, kTouched);
    ::raise(SIGSTOP);
  });
  wait_until_stopped(child);
  const auto usage = cgroup->usage();
  ASSERT_TRUE(usage.has_value());
  EXPECT_LT(usage->anon.value->count, kTouched / 2);
  if (usage->peak.value) {
    EXPECT_GE(usage->peak.value->count, kTouched);
  }
  EXPECT_TRUE(cgroup->kill_all(5s).has_value());
  wait_for_end(child);
}

TEST_F(LiveCgroup, Usage_CountsAtLeastTheProcessorTimeSpentInside) {
  const auto cgroup = create();
  const pid_t child = start_in(*cgroup, [] {
    timespec start, now;
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
    do ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    while ((now.tv_sec - start.tv_sec) * 1'000'000'000 + now.tv_nsec - start.tv_nsec < 50'000'000);
  });
  wait_for_end(child);
  const auto usage = cgroup->usage();
  ASSERT_TRUE(usage.has_value());
  ASSERT_TRUE(usage->cpu_time.value.has_value()) << usage->cpu_time.unavailable;
  EXPECT_GE(*usage->cpu_time.value, 49ms);
}

TEST_F(LiveCgroup, Usage_CanBeReadAgain) {
  const auto cgroup = create();
  const auto before = cgroup->usage();
  const pid_t child = start_in(*cgroup, [] {
    touch(map_private(32 * kMebi), 32 * kMebi);
    ::raise(SIGSTOP);
  });
  wait_until_stopped(child);
  const auto after = cgroup->usage();
  EXPECT_GT(after->anon.value->count, before->anon.value->count + 31 * kMebi);
  EXPECT_TRUE(cgroup->kill_all(5s).has_value());
  wait_for_end(child);
}

TEST_F(LiveCgroup, MemoryLimit_EndsWhatGoesBeyondAndIsSeen) {
  const auto cgroup = create({.memory = Bytes{16 * kMebi}, .cpus = {}, .tasks = {}});
  const pid_t child = start_in(*cgroup, [] { touch(map_private(64 * kMebi), 64 * kMebi); });
  const int status = wait_for_end(child);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "status " << status;
  EXPECT_TRUE(*cgroup->oom_killed());
  EXPECT_FALSE(*cgroup->tasks_limit_hit());
}

TEST_F(LiveCgroup, MemoryLimit_LeavesAloneWhatStaysBelow) {
  const auto cgroup = create({.memory = Bytes{64 * kMebi}, .cpus = {}, .tasks = {}});
  const pid_t child = start_in(*cgroup, [] { touch(map_private(16 * kMebi), 16 * kMebi); });
  EXPECT_EQ(wait_for_end(child), 0);
  EXPECT_FALSE(*cgroup->oom_killed());
}

TEST_F(LiveCgroup, TasksLimit_RefusesForksAndIsSeen) {
  const auto cgroup = create({.memory = {}, .cpus = {}, .tasks = 2});
  const pid_t child = start_in(*cgroup, [] {
    int refused = 0;
    for (int i = 0; i < 4; ++i) {
      const pid_t grandchild = ::fork();
      if (grandchild == 0) ::pause();
      if (grandchild < 0) ++refused;
    }
    ::_exit(refused);
  });
  EXPECT_EQ(WEXITSTATUS(wait_for_end(child)), 3) << "one of four forks fits";
  EXPECT_TRUE(*cgroup->tasks_limit_hit());
  EXPECT_TRUE(cgroup->kill_all(5s).has_value());
}

TEST_F(LiveCgroup, CpuLimit_HoldsTimeToTheQuota) {
  const auto cgroup = create({.memory = {}, .cpus = 0.2, .tasks = {}});
  const pid_t child = start_in(*cgroup, [] {
    for (;;) {
    }
  });
  ::usleep(600'000);
  const auto usage = cgroup->usage();
  EXPECT_TRUE(cgroup->kill_all(5s).has_value());
  wait_for_end(child);
  EXPECT_LT(*usage->cpu_time.value, 400ms) << "six periods of 20 ms each, plus one that had begun";
}

TEST_F(LiveCgroup, KillAll_EndsAForkTree) {
  const auto cgroup = create();
  const pid_t child = start_in(*cgroup, [] {
    for (int i = 0; i < 5; ++i) ::fork();  // 32 processes
    ::raise(SIGSTOP);
  });
  wait_until_stopped(child);
  EXPECT_TRUE(cgroup->kill_all(5s).has_value());
  EXPECT_THAT(*cgroup->processes(), IsEmpty());
  wait_for_end(child);
  EXPECT_TRUE(cgroup->remove(5s).has_value());
}

TEST_F(LiveCgroup, KillAll_OfAnEmptyOrRemovedGroupSucceeds) {
  const auto cgroup = create();
  EXPECT_TRUE(cgroup->kill_all(1s).has_value());
  EXPECT_TRUE(cgroup->remove(1s).has_value());
  EXPECT_TRUE(cgroup->kill_all(1s).has_value());
}

TEST_F(LiveCgroup, Remove_IsIdempotent) {
  const auto cgroup = create();
  EXPECT_TRUE(cgroup->remove(1s).has_value());
  EXPECT_TRUE(cgroup->remove(1s).has_value());
}

TEST_F(LiveCgroup, Remove_NamesWhatIsStillInside) {
  const auto cgroup = create();
  const pid_t child = start_in(*cgroup, [] { ::raise(SIGSTOP); });
  wait_until_stopped(child);
  const auto removed = cgroup->remove(20ms);
  ASSERT_FALSE(removed.has_value());
  EXPECT_EQ(removed.error().operation, "remove cgroup");
  EXPECT_THAT(removed.error().cause, HasSubstr(std::to_string(child)));
  EXPECT_TRUE(cgroup->kill_all(5s).has_value());
  wait_for_end(child);
  EXPECT_TRUE(cgroup->remove(5s).has_value());
}

TEST_F(LiveCgroup, Destructor_KillsAndRemoves) {
  auto cgroup = create();
  const pid_t child = start_in(*cgroup, [] { ::raise(SIGSTOP); });
  wait_until_stopped(child);
  cgroup.reset();
  EXPECT_EQ(WTERMSIG(wait_for_end(child)), SIGKILL);
  factory.reset();
  EXPECT_THAT(runs_of(*name_process(::getpid())), IsEmpty());
}

TEST_F(LiveCgroup, CgroupsOutliveTheirFactory) {
  auto cgroup = create();
  factory.reset();
  const pid_t child = start_in(*cgroup, [] {});
  EXPECT_EQ(wait_for_end(child), 0);
  EXPECT_TRUE(cgroup->remove(1s).has_value());
  cgroup.reset();
  EXPECT_THAT(runs_of(*name_process(::getpid())), IsEmpty());
}

TEST_F(LiveCgroup, Factory_LeavesThisProcessWhereItWas) {
  factory.reset();
  const std::string before = *read_file("/proc/self/cgroup");
  factory = std::move(*CgroupFactory::probe(std::nullopt));
  static_cast<void>(create());
  factory.reset();
  EXPECT_EQ(*read_file("/proc/self/cgroup"), before);
}

TEST_F(LiveCgroup, TwoFactoriesOfOneProcessDoNotCollide) {
  const auto second = CgroupFactory::probe(std::nullopt);
  ASSERT_TRUE(second.has_value());
  const auto one = create();
  if ((*second)->version() != CgroupVersion::none) {
    EXPECT_TRUE((*second)->create({}).has_value());
  }
}

TEST_F(LiveCgroup, Missing_NamesEachThingOnceWithAReason) {
  std::vector<std::string> names;
  for (const auto& [name, reason] : factory->missing()) {
    EXPECT_NE(reason, "") << name;
    names.push_back(name);
  }
  std::ranges::sort(names);
  EXPECT_TRUE(std::ranges::adjacent_find(names) == names.end());
}

}  // namespace
}  // namespace frostbyte::sandbox
