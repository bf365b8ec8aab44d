#include "launcher/base/fd.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>

namespace frostbyte {
namespace {

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }
bool closes_on_exec(int fd) { return (::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0; }

Fd some_file() { return open_file("/dev/null", O_RDWR).value(); }

TEST(Fd, ClosesAtTheEndOfItsLife) {
  int number = -1;
  {
    const Fd fd = some_file();
    number = fd.get();
    ASSERT_TRUE(is_open(number));
  }
  EXPECT_FALSE(is_open(number));
}

TEST(Fd, MovingHandsOver) {
  Fd first = some_file();
  const int number = first.get();
  Fd second = std::move(first);
  EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): the moved-from state is the claim
  EXPECT_EQ(second.get(), number);
  Fd third = some_file();
  const int replaced = third.get();
  third = std::move(second);
  EXPECT_EQ(third.get(), number);
  EXPECT_FALSE(is_open(replaced));
}

TEST(Fd, SelfMoveKeepsItOpen) {
  Fd fd = some_file();
  Fd& alias = fd;
  fd = std::move(alias);
  EXPECT_TRUE(is_open(fd.get()));
}

TEST(Fd, ReleaseGivesUpOwnership) {
  int number = -1;
  {
    Fd fd = some_file();
    number = fd.release();
    EXPECT_FALSE(fd);
  }
  ASSERT_TRUE(is_open(number));
  const Fd again(number);
}

TEST(OpenFile, AddsCloseOnExec) { EXPECT_TRUE(closes_on_exec(some_file().get())); }

TEST(OpenFile, NamesThePathAndTheErrno) {
  const auto result = open_file("/nonexistent/file", O_RDONLY);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().subject, "/nonexistent/file");
  EXPECT_EQ(result.error().code, ENOENT);
}

TEST(MakePipe, CarriesBytesAndClosesOnExec) {
  const auto pipe = make_pipe();
  ASSERT_TRUE(pipe);
  EXPECT_TRUE(closes_on_exec(pipe->read.get()));
  EXPECT_TRUE(closes_on_exec(pipe->write.get()));
  ASSERT_EQ(::write(pipe->write.get(), "x", 1), 1);
  char c = 0;
  ASSERT_EQ(::read(pipe->read.get(), &c, 1), 1);
  EXPECT_EQ(c, 'x');
}

TEST(RaiseOpenFileLimit, ReturnsTheOldLimitAndReachesTheHardOne) {
  rlimit saved{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &saved), 0);
  rlimit lowered = saved;
  lowered.rlim_cur = std::min<rlim_t>(64, saved.rlim_max);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &lowered), 0);
  EXPECT_EQ(raise_open_file_limit(), lowered.rlim_cur);
  rlimit raised{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &raised), 0);
  EXPECT_EQ(raised.rlim_cur, saved.rlim_max);
  EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &saved), 0);
}

}  // namespace
}  // namespace frostbyte
