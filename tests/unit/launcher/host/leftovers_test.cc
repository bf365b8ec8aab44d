#include "launcher/host/leftovers.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include <algorithm>
#include <filesystem>

#include "launcher/base/file.h"
#include "launcher/base/process.h"
#include "launcher/host/child_probe.h"

namespace frostbyte::host {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// The name of a process that lived and is gone.
ProcessName dead_process() {
  const pid_t child = fork();
  if (child == 0) {
    pause();
    _exit(0);
  }
  const ProcessName name = name_process(child).value();
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  return name;
}

/// Makes $TMPDIR a directory of the test's own, so that nothing else is in sight.
class LeftoversTest : public testing::Test {
 protected:
  LeftoversTest() : base_(TempDir::create().value()) {
    if (const char* old = getenv("TMPDIR")) saved_ = old;
    setenv("TMPDIR", base_.path().c_str(), 1);
  }
  ~LeftoversTest() override { saved_.empty() ? unsetenv("TMPDIR") : setenv("TMPDIR", saved_.c_str(), 1); }

  fs::path make(const std::string& name) const {
    fs::create_directories(base_.path() / name / "inside");
    return base_.path() / name;
  }
  [[nodiscard]] std::vector<std::string> found_dirs() const {
    std::vector<std::string> paths;
    const std::vector<Leftover> leftovers = find_leftovers().value();
    for (const Leftover& leftover : leftovers) {
      if (leftover.kind == Leftover::Kind::temp_dir) paths.push_back(leftover.path);
    }
    return paths;
  }

  TempDir base_;
  std::string saved_;
};

TEST_F(LeftoversTest, FindsAndRemovesADeadLaunchersDirectory) {
  const fs::path left = make("frostbyte-" + to_string(dead_process()) + "-abcdef");
  EXPECT_THAT(found_dirs(), testing::ElementsAre(left.string()));
  ASSERT_TRUE(remove({.kind = Leftover::Kind::temp_dir, .path = left}).has_value());
  EXPECT_FALSE(fs::exists(left));
}

TEST_F(LeftoversTest, LeavesALiveLaunchersAlone) {
  const TempDir live = TempDir::create().value();
  EXPECT_THAT(found_dirs(), testing::IsEmpty());
  const auto removed = remove({.kind = Leftover::Kind::temp_dir, .path = live.path()});
  ASSERT_FALSE(removed.has_value());
  EXPECT_THAT(removed.error().cause, HasSubstr("no longer, a dead launcher's"));
  EXPECT_TRUE(fs::exists(live.path()));
}

TEST_F(LeftoversTest, TellsAReusedPidByItsStartTime) {
  ProcessName name = name_process(getpid()).value();
  name.start += 1;
  const fs::path left = make("frostbyte-" + to_string(name) + "-abcdef");
  EXPECT_THAT(found_dirs(), testing::ElementsAre(left.string()));
}

TEST_F(LeftoversTest, LeavesALockedDirectoryAlone) {
  const fs::path left = make("frostbyte-" + to_string(dead_process()) + "-abcdef");
  const Fd lock = open_file(left, O_RDONLY | O_DIRECTORY).value();
  ASSERT_EQ(flock(lock.get(), LOCK_EX), 0);
  EXPECT_THAT(found_dirs(), testing::IsEmpty());
  EXPECT_FALSE(remove({.kind = Leftover::Kind::temp_dir, .path = left}).has_value());
  EXPECT_TRUE(fs::exists(left));
}

TEST_F(LeftoversTest, TouchesNothingThatIsNotNamedByUs) {
  const std::string dead = to_string(dead_process());
  make("frostbyte-notes");
  make("other-" + dead + "-abcdef");
  const fs::path target = make("target");
  fs::create_directory_symlink(target, base_.path() / ("frostbyte-" + dead + "-link"));
  EXPECT_THAT(found_dirs(), testing::IsEmpty());
  EXPECT_FALSE(remove({.kind = Leftover::Kind::temp_dir, .path = target}).has_value());
  EXPECT_TRUE(fs::exists(target / "inside"));
}

TEST_F(LeftoversTest, DoesNotFollowLinksInsideADirectory) {
  const fs::path target = make("target");
  const fs::path left = make("frostbyte-" + to_string(dead_process()) + "-abcdef");
  fs::create_directory_symlink(target, left / "link");
  ASSERT_TRUE(remove({.kind = Leftover::Kind::temp_dir, .path = left}).has_value());
  EXPECT_FALSE(fs::exists(left));
  EXPECT_TRUE(fs::exists(target / "inside"));
}

/// What happened to a mount that was left in a dead launcher's directory; made in a mount namespace of the test's own.
struct MountStory {
  bool possible = false;  ///< this user may mount, in a user namespace if need be
  bool found_before_directory = false;
  bool directory_refused = false;
  bool content_survived = false;
  bool unmounted = false;
  bool directory_removed = false;
};

MountStory tell_in_child(const fs::path& left, const fs::path& precious) {
  MountStory story;
  if (!has_admin_capability() && enter_user_namespace_in_child() != 0) return story;
  if (unshare(CLONE_NEWNS) != 0 || mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return story;
  if (mount(precious.c_str(), (left / "inside").c_str(), nullptr, MS_BIND, nullptr) != 0) return story;
  story.possible = true;
  const std::vector<Leftover> found = find_leftovers().value();
  if (found.size() != 2) return story;
  story.found_before_directory = found[0].kind == Leftover::Kind::mount && found[1].kind == Leftover::Kind::temp_dir;
  story.directory_refused = !remove(found[1]).has_value();
  story.content_survived = fs::exists(precious / "inside");
  story.unmounted = remove(found[0]).has_value();
  story.directory_removed = remove(found[1]).has_value() && !fs::exists(left) && fs::exists(precious / "inside");
  return story;
}

TEST_F(LeftoversTest, UnmountsBeforeItRemovesAndNeverRemovesThroughAMount) {
  const fs::path precious = make("precious");
  const fs::path left = make("frostbyte-" + to_string(dead_process()) + "-abcdef");
  const auto story = in_child([&] { return tell_in_child(left, precious); });
  ASSERT_TRUE(story.has_value());
  if (!story->possible) GTEST_SKIP() << "neither root nor user namespaces: nothing can be mounted here";
  EXPECT_TRUE(story->found_before_directory);
  EXPECT_TRUE(story->directory_refused);
  EXPECT_TRUE(story->content_survived);
  EXPECT_TRUE(story->unmounted);
  EXPECT_TRUE(story->directory_removed);
}

TEST(Remove, DoesNotEndAProcessThatIsNotInTheStaleCgroup) {
  const Leftover self{
      .kind = Leftover::Kind::process, .path = "/sys/fs/cgroup/frostbyte-1-1-none", .process = getpid()};
  EXPECT_TRUE(remove(self).has_value());  // and we are still here to say so
}

TEST(Remove, CountsWhatIsGoneAsRemoved) {
  EXPECT_TRUE(remove({.kind = Leftover::Kind::process, .path = "/x", .process = 0x3fffffff}).has_value());
  EXPECT_TRUE(remove({.kind = Leftover::Kind::mount, .path = "/nonexistent/frostbyte-1-1-x"}).has_value());
}

}  // namespace
}  // namespace frostbyte::host
