#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launcher/base/file.h"
#include "launcher/base/process.h"

namespace frostbyte {
namespace {

TEST(TempDir, CarriesItsOwnersNameAndIsPrivate) {
  const Result<TempDir> dir = TempDir::create();
  ASSERT_TRUE(dir.has_value());
  const std::string name = dir->path().filename();
  ASSERT_TRUE(name.starts_with("frostbyte-"));
  EXPECT_EQ(parse_process_name(std::string_view(name).substr(10)), name_process(getpid()).value());
  struct stat status{};
  ASSERT_EQ(stat(dir->path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0700u);
}

TEST(TempDir, HoldsALockWhileItLives) {
  Result<TempDir> dir = TempDir::create();
  ASSERT_TRUE(dir.has_value());
  TempDir moved = std::move(*dir);
  const Fd other = open_file(moved.path(), O_RDONLY | O_DIRECTORY).value();
  EXPECT_EQ(flock(other.get(), LOCK_EX | LOCK_NB), -1);
  EXPECT_EQ(errno, EWOULDBLOCK);
  {
    const TempDir gone = std::move(moved);
  }
  EXPECT_EQ(flock(other.get(), LOCK_EX | LOCK_NB), 0);
}

TEST(TempDir, TakesWhatItHoldsWithIt) {
  std::filesystem::path path;
  {
    const TempDir dir = TempDir::create("frostbyte-").value();
    path = dir.path();
    std::filesystem::create_directories(path / "a" / "b");
    ASSERT_TRUE(write_atomically(path / "a" / "file", "content").has_value());
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(TempDir, FollowsTmpdir) {
  const TempDir outer = TempDir::create().value();
  const char* old = getenv("TMPDIR");
  const std::string saved = old == nullptr ? "" : old;
  setenv("TMPDIR", outer.path().c_str(), 1);
  const Result<TempDir> inner = TempDir::create();
  old == nullptr ? unsetenv("TMPDIR") : setenv("TMPDIR", saved.c_str(), 1);
  ASSERT_TRUE(inner.has_value());
  EXPECT_EQ(inner->path().parent_path(), outer.path());
}

}  // namespace
}  // namespace frostbyte
