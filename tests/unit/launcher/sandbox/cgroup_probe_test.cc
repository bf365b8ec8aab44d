// How the back end is chosen, and what a killed run leaves to be found.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>

#include "launcher/base/file.h"
#include "live_cgroup.h"

namespace frostbyte::sandbox {
namespace {

using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

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
  if (factory->version() != CgroupVersion::v1 || wanted == hierarchies.end())
    GTEST_SKIP() << "not applicable: version 1 only";
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

TEST_F(LiveCgroup, Probe_GoesBesideOthersRatherThanMovingThem) {
  if (factory->version() != CgroupVersion::v2) GTEST_SKIP() << "not applicable: version 1 has no such rule";
  factory.reset();
  const auto before = *read_file("/proc/self/cgroup");
  if (before == "0::/\n") GTEST_SKIP() << "not applicable: the root cgroup has no such rule";
  const pid_t other = ::fork();
  if (other == 0) {
    for (;;) ::pause();
  }
  const auto probed = CgroupFactory::probe(std::nullopt);
  if ((*probed)->version() == CgroupVersion::none) {
    EXPECT_THAT((*probed)->reason(), HasSubstr("other processes are in it"));
    EXPECT_THAT((*probed)->reason(), HasSubstr("Delegate=yes"));
  } else {
    EXPECT_TRUE((*probed)->create({}).has_value());
  }
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
