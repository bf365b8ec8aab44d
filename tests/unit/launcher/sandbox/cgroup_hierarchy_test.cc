#include "launcher/sandbox/cgroup_hierarchy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rapidcheck.h>

#include "launcher/sandbox/cgroup_directory.h"

namespace frostbyte::sandbox {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST(ParseHierarchies, FindsTheOneHierarchyOfVersion2) {
  const auto found =
      parse_hierarchies("26 22 0:23 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n",
                        "0::/user.slice/session-1.scope\n");
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].version, CgroupVersion::v2);
  EXPECT_EQ(found[0].directory_of(found[0].own), "/sys/fs/cgroup/user.slice/session-1.scope");
}

TEST(ParseHierarchies, FindsVersion1HierarchiesByTheirControllers) {
  const auto found = parse_hierarchies(
      "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
      "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
      "40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n",
      "9:name=systemd:/\n4:memory:/jobs/7\n1:cpu,cpuacct:/\n");
  ASSERT_THAT(found, SizeIs(2)) << "systemd's named hierarchy controls nothing";
  EXPECT_THAT(found[0].controllers, ElementsAre("memory"));
  EXPECT_EQ(found[0].directory_of(found[0].own), "/sys/fs/cgroup/memory/jobs/7");
  EXPECT_THAT(found[1].controllers, ElementsAre("cpu", "cpuacct"));
  EXPECT_EQ(found[1].directory_of(found[1].own), "/sys/fs/cgroup/cpu,cpuacct");
}

TEST(ParseHierarchies, DoesNotTakeOneControllersMountForAnothers) {
  EXPECT_THAT(parse_hierarchies("32 31 0:29 / /cg/cpuset rw - cgroup cgroup rw,cpuset\n", "1:cpu:/\n"), IsEmpty());
}

TEST(ParseHierarchies, PrefersTheMountThatShowsOurCgroup) {
  const auto found = parse_hierarchies(
      "50 1 0:32 /other /elsewhere rw - cgroup cgroup rw,memory\n"
      "51 1 0:32 /docker/abc /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n",
      "4:memory:/docker/abc/inner\n");
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].directory_of(found[0].own), "/sys/fs/cgroup/memory/inner");
}

TEST(ParseHierarchies, UndoesTheEscapesOfMountinfo) {
  const auto found = parse_hierarchies("26 22 0:23 / /my\\040cg\\134roups rw - cgroup2 none rw\n", "0::/\n");
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].mount_point, "/my cg\\roups");
}

TEST(ParseHierarchies, SurvivesAnyText) {
  EXPECT_TRUE(rc::check([](const std::string& mountinfo, const std::string& own) {
    for (const Hierarchy& hierarchy : parse_hierarchies(mountinfo, own)) RC_ASSERT(!hierarchy.mount_point.empty());
  }));
}

TEST(DirectoryOf, IsEmptyForWhatTheMountDoesNotShow) {
  const Hierarchy hierarchy{
      .version = CgroupVersion::v2, .controllers = {}, .mount_point = "/cg", .root = "/a", .own = "/"};
  EXPECT_EQ(hierarchy.directory_of("/a"), "/cg");
  EXPECT_EQ(hierarchy.directory_of("/a/b"), "/cg/b");
  EXPECT_EQ(hierarchy.directory_of("/ab"), "") << "a sibling whose name begins alike";
  EXPECT_EQ(hierarchy.directory_of("/"), "");
  EXPECT_EQ(hierarchy.directory_of("/../a"), "") << "outside our cgroup namespace";
}

TEST(NumberOf, ReadsWholeKeysOnly) {
  constexpr std::string_view kStat = "rss_huge 7\nrss 4096\ncache 12\noom_kill_disable 1\noom_kill 3\n";
  EXPECT_EQ(number_of(kStat, "rss"), 4096);
  EXPECT_EQ(number_of(kStat, "cache"), 12);
  EXPECT_EQ(number_of(kStat, "oom_kill"), 3);
  EXPECT_EQ(number_of(kStat, "file"), std::nullopt);
  EXPECT_EQ(number_of("usage_usec x\n", "usage_usec"), std::nullopt);
}

TEST(RunName, NamesTheProcessThatMadeIt) {
  const auto first = new_run_name(), second = new_run_name();
  ASSERT_TRUE(first.has_value() && second.has_value());
  EXPECT_NE(*first, *second) << "one process may hold several runs";
  EXPECT_EQ(owner_of_run(*first), *name_process(getpid()));
  EXPECT_EQ(owner_of_run("frostbyte-bench"), std::nullopt);
  EXPECT_EQ(owner_of_run("user.slice"), std::nullopt);
}

}  // namespace
}  // namespace frostbyte::sandbox
