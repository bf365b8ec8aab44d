// On whichever cgroup version this host has; scripts/vm-test runs the same on the other one.
#include "launcher/sandbox/cgroup.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <functional>

#include "launcher/base/file.h"
#include "launcher/sandbox/cgroup_directory.h"
#include "launcher/sandbox/cgroup_hierarchy.h"

namespace frostbyte::sandbox {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr std::int64_t kMebi = 1 << 20;

/// Every directory, in every hierarchy, that carries the name of `owner`.
std::vector<std::string> runs_of(const ProcessName& owner) {
  std::vector<std::string> found;
  for (const Hierarchy& hierarchy : read_hierarchies().value_or(std::vector<Hierarchy>())) {
    std::error_code error;
    for (std::filesystem::recursive_directory_iterator entry(hierarchy.mount_point, error), end; !error && entry != end;
         entry.increment(error)) {
      if (owner_of_run(entry->path().filename().string()) == owner) found.push_back(entry->path().string());
    }
  }
  return found;
}

/// Whatever the tests did, nothing of theirs may be left in any hierarchy.
class NothingLeftBehind : public testing::Environment {
 public:
  void TearDown() override { EXPECT_THAT(runs_of(*name_process(::getpid())), IsEmpty()); }
};
[[maybe_unused]] const auto* const kNothingLeftBehind = testing::AddGlobalTestEnvironment(new NothingLeftBehind);

/// Runs `body` in a process inside the cgroup, which it enters as a launched child does.
pid_t start_in(const Cgroup& cgroup, const std::function<void()>& body) {
  clone_args arguments{};
  arguments.exit_signal = SIGCHLD;
  if (cgroup.clone_into_fd() >= 0) {
    arguments.flags = CLONE_INTO_CGROUP;
    arguments.cgroup = static_cast<std::uint64_t>(cgroup.clone_into_fd());
  }
  const auto pid = static_cast<pid_t>(::syscall(SYS_clone3, &arguments, sizeof arguments));
  if (pid != 0) return pid;
  for (const int tasks : cgroup.join_fds()) {
    if (::write(tasks, "0", 1) != 1) ::_exit(99);
  }
  body();
  ::_exit(0);
}

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

int wait_for_end(pid_t pid) {
  int status = 0;
  EXPECT_EQ(::waitpid(pid, &status, 0), pid);
  return status;
}

class LiveCgroup : public testing::Test {
 protected:
  void SetUp() override {
    auto probed = CgroupFactory::probe(std::nullopt);
    ASSERT_TRUE(probed.has_value()) << probed.error().message();
    if ((*probed)->version() == CgroupVersion::none) {
      if (std::getenv("FROSTBYTE_REQUIRE_ALL") != nullptr) FAIL() << (*probed)->reason();
      GTEST_SKIP() << (*probed)->reason();
    }
    factory = std::move(*probed);
  }

  std::unique_ptr<Cgroup> create(const Limits& limits = {}) {
    auto made = factory->create(limits);
    if (!made) {
      ADD_FAILURE() << made.error().message();
      return nullptr;
    }
    return std::move(*made);
  }

  std::unique_ptr<CgroupFactory> factory;
};

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

TEST_F(LiveCgroup, RunOfALivingProcessIsNotStale) {
  const auto cgroup = create();
  EXPECT_THAT(*find_stale_cgroups(), Each(Not(HasSubstr(to_string(*name_process(::getpid()))))));
  for (const std::string& mine : runs_of(*name_process(::getpid()))) {
    const auto removed = remove_stale_cgroup(mine);
    ASSERT_FALSE(removed.has_value());
    EXPECT_THAT(removed.error().cause, HasSubstr("still lives"));
  }
}

/// On v2, a cgroup for --cgroup-parent, below our own run: a second process in our cgroup could not step aside. On v1
/// there is no such rule.
class GivenParent {
 public:
  explicit GivenParent(const CgroupFactory& factory) {
    if (factory.version() != CgroupVersion::v2) return;
    run_ = std::move(*CgroupDirectory::borrow(runs_of(*name_process(::getpid())).front()));
    directory_ = std::move(*CgroupDirectory::create(run_, "parent"));
  }
  [[nodiscard]] std::optional<std::string> path() const {
    return directory_.path().empty() ? std::nullopt : std::optional(directory_.path());
  }

 private:
  CgroupDirectory run_, directory_;
};

/// A process that makes a cgroup with something in it, and is killed without a chance to clean up.
struct KilledRun {
  ProcessName launcher;
  pid_t function = 0;
};

KilledRun make_killed_run(const std::optional<std::string>& parent) {
  int channel[2];
  EXPECT_EQ(::pipe2(channel, O_CLOEXEC), 0);
  const pid_t launcher = ::fork();
  if (launcher == 0) {
    const auto factory = CgroupFactory::probe(parent);
    const auto cgroup = (*factory)->create({});
    const pid_t function = start_in(**cgroup, [] { ::execl("/bin/sleep", "sleep", "600", nullptr); });
    while ((*cgroup)->processes()->empty()) ::usleep(1000);
    static_cast<void>(::write(channel[1], &function, sizeof function));
    for (;;) ::pause();
  }
  KilledRun run{.launcher = *name_process(launcher)};
  EXPECT_EQ(::read(channel[0], &run.function, sizeof run.function), ssize_t{sizeof run.function});
  ::close(channel[0]);
  ::close(channel[1]);
  return run;
}

TEST_F(LiveCgroup, RunOfAKilledProcessIsFoundAndRemovedWithAllItHolds) {
  const GivenParent given(*factory);
  const KilledRun run = make_killed_run(given.path());
  ::kill(run.launcher.pid, SIGKILL);
  wait_for_end(run.launcher.pid);
  const std::string left = to_string(run.launcher);
  std::vector<std::string> stale;
  for (int i = 0; i < 1000 && stale.empty(); ++i) {
    const std::vector<std::string> found = *find_stale_cgroups();
    for (const std::string& directory : found) {
      if (directory.contains(left)) stale.push_back(directory);
    }
    ::usleep(1000);
  }
  EXPECT_THAT(stale, Not(IsEmpty()));
  for (const std::string& directory : stale) {
    const auto removed = remove_stale_cgroup(directory);
    EXPECT_TRUE(removed.has_value()) << removed.error().message();
    EXPECT_FALSE(std::filesystem::exists(directory));
  }
  const auto function = read_file("/proc/" + std::to_string(run.function) + "/status");
  EXPECT_TRUE(!function || function->contains("State:\tZ") || function->contains("State:\tX")) << *function;
}

TEST(StaleCgroup, RefusesWhatIsNoCgroup) {
  const auto removed = remove_stale_cgroup("/tmp");
  ASSERT_FALSE(removed.has_value());
  EXPECT_EQ(removed.error().cause, "it is not a cgroup");
}

TEST(CgroupProbe, RefusesAParentThatDoesNotExist) {
  const auto probed = CgroupFactory::probe("/no/such/cgroup");
  ASSERT_FALSE(probed.has_value());
  EXPECT_EQ(probed.error().operation, "use --cgroup-parent");
  EXPECT_NE(probed.error().hint, "");
}

TEST(CgroupProbe, RefusesAParentThatIsNotAbsolute) {
  const auto probed = CgroupFactory::probe("batch");
  ASSERT_FALSE(probed.has_value());
  EXPECT_EQ(probed.error().cause, "it does not start with '/'");
}

TEST_F(LiveCgroup, Probe_WorksBelowAGivenParent) {
  const GivenParent given(*factory);
  const auto probed = CgroupFactory::probe(given.path());
  ASSERT_TRUE(probed.has_value()) << probed.error().message();
  EXPECT_EQ((*probed)->version(), factory->version());
  const auto cgroup = (*probed)->create({.memory = Bytes{64 * kMebi}, .cpus = 1, .tasks = 64});
  ASSERT_TRUE(cgroup.has_value()) << cgroup.error().message();
  EXPECT_EQ(wait_for_end(start_in(**cgroup, [] {})), 0);
}

TEST_F(LiveCgroup, Probe_SaysWhatAParentInOneHierarchyLacks) {
  const auto hierarchies = *read_hierarchies();
  const auto wanted = std::ranges::find_if(hierarchies, [](const Hierarchy& hierarchy) {
    return std::ranges::find(hierarchy.controllers, "memory") != hierarchy.controllers.end();
  });
  if (factory->version() != CgroupVersion::v1 || wanted == hierarchies.end()) GTEST_SKIP() << "version 1 only";
  const auto own = CgroupDirectory::borrow(wanted->directory_of(wanted->own));
  const auto parent = CgroupDirectory::create(*own, *new_run_name());
  ASSERT_TRUE(parent.has_value()) << parent.error().message();
  const auto probed = CgroupFactory::probe(parent->path());
  ASSERT_TRUE(probed.has_value()) << probed.error().message();
  ASSERT_TRUE((*probed)->create({}).has_value());
  EXPECT_THAT((*probed)->missing(), Contains(testing::Pair("limit.tasks", HasSubstr("pids"))));
  const auto limited = (*probed)->create({.memory = {}, .cpus = {}, .tasks = 8});
  ASSERT_FALSE(limited.has_value());
  EXPECT_EQ(limited.error().subject, "tasks");
}

TEST_F(LiveCgroup, Probe_IsNoneRatherThanMovingOthers) {
  if (factory->version() != CgroupVersion::v2) GTEST_SKIP() << "version 1 has no such rule";
  factory.reset();
  const auto before = *read_file("/proc/self/cgroup");
  if (before == "0::/\n") GTEST_SKIP() << "the root cgroup has no such rule";
  const pid_t other = ::fork();
  if (other == 0) {
    for (;;) ::pause();
  }
  const auto probed = CgroupFactory::probe(std::nullopt);
  EXPECT_EQ((*probed)->version(), CgroupVersion::none);
  EXPECT_THAT((*probed)->reason(), HasSubstr("other processes are in it"));
  EXPECT_THAT((*probed)->reason(), HasSubstr("Delegate=yes"));
  EXPECT_EQ(*read_file("/proc/self/cgroup"), before);
  EXPECT_EQ(*read_file("/proc/" + std::to_string(other) + "/cgroup"), before);
  ::kill(other, SIGKILL);
  wait_for_end(other);
}

/// In a process of its own whose mount namespace shows no cgroups.
void without_cgroups(const std::function<void()>& claims) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::unshare(CLONE_NEWNS) != 0) ::_exit(77);
    ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
    if (::umount2("/sys/fs/cgroup", MNT_DETACH) != 0) ::_exit(77);
    claims();
    ::_exit(testing::Test::HasFailure() ? 1 : 0);
  }
  const int status = wait_for_end(child);
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "needs root and mounts below /sys/fs/cgroup";
  EXPECT_EQ(status, 0);
}

TEST(CgroupProbe, IsNoneWithAReasonWhereNothingIsMounted) {
  without_cgroups([] {
    const auto factory = CgroupFactory::probe(std::nullopt);
    ASSERT_TRUE(factory.has_value());
    EXPECT_EQ((*factory)->version(), CgroupVersion::none);
    EXPECT_THAT((*factory)->reason(), HasSubstr("no cgroup hierarchy is mounted"));
    EXPECT_THAT((*factory)->missing(), Contains(testing::Pair("memory.cgroup_peak", (*factory)->reason())));
  });
}

TEST(CgroupProbe, NoneRefusesLimitsAndGivesReasonsForFigures) {
  without_cgroups([] {
    const auto factory = CgroupFactory::probe(std::nullopt);
    const auto limited = (*factory)->create({.memory = Bytes{kMebi}, .cpus = {}, .tasks = {}});
    ASSERT_FALSE(limited.has_value());
    EXPECT_EQ(limited.error().operation, "limit");
    const auto cgroup = (*factory)->create({});
    ASSERT_TRUE(cgroup.has_value());
    const auto usage = (*cgroup)->usage();
    EXPECT_FALSE(usage->peak.value.has_value());
    EXPECT_EQ(usage->peak.unavailable, (*factory)->reason());
    EXPECT_THAT(*(*cgroup)->processes(), IsEmpty());
  });
}

}  // namespace
}  // namespace frostbyte::sandbox
