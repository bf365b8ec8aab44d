#include "launcher/host/mountinfo.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace frostbyte::host {
namespace {

constexpr const char* kText =
    "27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
    "30 27 0:28 / /tmp/with\\040space\\134 rw master:2 propagate_from:1 - tmpfs tmpfs rw,size=1m\n"
    "31 27 0:29 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
    "broken line\n"
    "32 27 0:30 / /data rw - xfs /dev/a rw\n"
    "33 27 0:31 / /data rw - tmpfs none rw\n";

TEST(ParseMountinfo, ReadsWhatPrecedesAndFollowsTheOptionalFields) {
  const std::vector<Mount> mounts = parse_mountinfo(kText);
  ASSERT_EQ(mounts.size(), 5u);
  EXPECT_EQ(mounts[0].device, "254:0");
  EXPECT_EQ(mounts[0].type, "ext4");
  EXPECT_EQ(mounts[1].point, "/tmp/with space\\");
  EXPECT_EQ(mounts[1].type, "tmpfs");
  EXPECT_EQ(mounts[2].super_options, "rw,memory");
}

TEST(MountOf, PrefersTheDeepestThenTheLatest) {
  const std::vector<Mount> mounts = parse_mountinfo(kText);
  EXPECT_EQ(mount_of(mounts, "/data/x")->type, "tmpfs");
  EXPECT_EQ(mount_of(mounts, "/database")->type, "ext4");
  EXPECT_EQ(mount_of(mounts, "/tmp/with space\\")->type, "tmpfs");
  EXPECT_EQ(mount_of({}, "/"), nullptr);
}

TEST(IsWithin, ComparesWholeComponents) {
  EXPECT_TRUE(is_within("/a/b", "/a"));
  EXPECT_TRUE(is_within("/a", "/a"));
  EXPECT_TRUE(is_within("/a", "/"));
  EXPECT_FALSE(is_within("/ab", "/a"));
  EXPECT_FALSE(is_within("/", "/a"));
}

TEST(ReadMounts, FindsTheRealRoot) {
  const auto mounts = read_mounts();
  ASSERT_TRUE(mounts.has_value());
  EXPECT_NE(mount_of(*mounts, "/proc/self"), nullptr);
  EXPECT_EQ(mount_of(*mounts, "/proc/self")->type, "proc");
}

}  // namespace
}  // namespace frostbyte::host
