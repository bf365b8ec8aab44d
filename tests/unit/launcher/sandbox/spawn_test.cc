#include "launcher/sandbox/spawn.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <vector>

namespace frostbyte::sandbox {
namespace {

/// A program with arguments, spawned through the given lists of steps.
class Spawning : public ::testing::Test {
 protected:
  Spawning() : stack_(ChildStack::create().value()) {}

  Spawned run(std::vector<std::span<const Step>> lists, std::vector<std::string> words = {"/bin/true"}) {
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    std::array<char*, 2> environment = {variable_.data(), nullptr};
    const ChildPlan plan{.lists = lists,
                         .listen_pid_digits = variable_.data() + 4,
                         .program = argv[0],
                         .argv = argv.data(),
                         .envp = environment.data()};
    auto spawned = spawn(plan, stack_, 0, -1);
    EXPECT_TRUE(spawned) << (spawned ? "" : spawned.error().message());
    return std::move(*spawned);
  }

  static int wait_status(const Spawned& spawned) {
    int status = 0;
    EXPECT_EQ(::waitpid(spawned.pid, &status, 0), spawned.pid);
    return status;
  }

  ChildStack stack_;
  std::string variable_ = "PID=00000000000000000000";
};

TEST_F(Spawning, RunsTheProgramAfterItsSteps) {
  StepList steps;
  steps.add("ask for the pid", SYS_getpid, {});
  const Spawned spawned = run({steps.steps()}, {"/bin/sh", "-c", "exit 7"});
  EXPECT_EQ(spawned.report.error, 0);
  EXPECT_EQ(WEXITSTATUS(wait_status(spawned)), 7);
}

TEST_F(Spawning, StampsAreInOrderAndTheChildCountedItsOwnUse) {
  const Instant before = MonotonicClock::now();
  const Spawned spawned = run({});
  const Instant after = MonotonicClock::now();
  EXPECT_LE(before, spawned.spawn);
  EXPECT_LE(spawned.spawn, spawned.report.exec);
  EXPECT_LE(spawned.report.exec, after);
  wait_status(spawned);
}

TEST_F(Spawning, NamesTheStepThatFailsForEveryStep) {
  constexpr std::size_t kLists = 3;
  constexpr std::size_t kSteps = 4;
  for (std::size_t bad = 0; bad < kLists * kSteps; ++bad) {
    std::array<StepList, kLists> lists;
    std::vector<std::span<const Step>> spans;
    for (std::size_t list = 0; list < kLists; ++list) {
      for (std::size_t step = 0; step < kSteps; ++step) {
        const bool fails = bad == list * kSteps + step;
        lists[list].add("close", SYS_close, {fails ? -1 : ::dup(STDERR_FILENO)});
      }
      spans.push_back(lists[list].steps());
    }
    const Spawned spawned = run(spans);
    EXPECT_EQ(spawned.report.error, EBADF);
    EXPECT_EQ(spawned.report.list, bad / kSteps);
    EXPECT_EQ(spawned.report.step, bad % kSteps);
    EXPECT_EQ(WEXITSTATUS(wait_status(spawned)), 127);
  }
}

TEST_F(Spawning, ToleratesTheErrnoAStepAllowsAndNoOther) {
  StepList steps;
  steps.add("close", SYS_close, {-1}).tolerated = EBADF;
  EXPECT_EQ(WEXITSTATUS(wait_status(run({steps.steps()}))), 0);
  StepList other;
  other.add("close", SYS_close, {-1}).tolerated = EPERM;
  const Spawned spawned = run({other.steps()});
  EXPECT_EQ(spawned.report.error, EBADF);
  wait_status(spawned);
}

TEST_F(Spawning, AStepThatMustReturnZeroFailsOnAnythingElse) {
  StepList steps;
  steps.add("ask for the pid", SYS_getpid, {}).success = Step::Success::zero;
  const Spawned spawned = run({steps.steps()});
  EXPECT_EQ(spawned.report.error, ECANCELED);
  wait_status(spawned);
}

TEST_F(Spawning, ReportsExecveByItsErrno) {
  const Spawned missing = run({}, {"/nonexistent/program"});
  EXPECT_EQ(missing.report.error, ENOENT);
  EXPECT_EQ(missing.report.list, 0u) << "all lists were walked: there were none";
  wait_status(missing);
  const Spawned forbidden = run({}, {"/etc/passwd"});
  EXPECT_EQ(forbidden.report.error, EACCES);
  wait_status(forbidden);
}

TEST_F(Spawning, LeavesErrnoAlone) {
  errno = 4711;
  const Spawned spawned = run({}, {"/nonexistent/program"});
  EXPECT_EQ(errno, 4711);
  wait_status(spawned);
}

TEST_F(Spawning, WritesFilesInOneCall) {
  std::string path = "/tmp/frostbyte-unit-XXXXXX";
  const Fd file(::mkstemp(path.data()));
  StepList steps;
  steps.write_file("write", path, "hello");
  wait_status(run({steps.steps()}));
  std::array<char, 16> text{};
  EXPECT_EQ(::pread(file.get(), text.data(), text.size(), 0), 5);
  EXPECT_STREQ(text.data(), "hello");
  ::unlink(path.c_str());
}

TEST_F(Spawning, FillsInThePidTheChildHas) {
  const Spawned spawned = run({}, {"/bin/sh", "-c", "test \"$PID\" = $$"});
  EXPECT_EQ(WEXITSTATUS(wait_status(spawned)), 0);
}

TEST_F(Spawning, HandsBackTheDescriptorAStepMade) {
  StepList steps;
  steps.add("make a descriptor", SYS_dup, {STDERR_FILENO}).keeps = Step::Keep::listener;
  const Spawned spawned = run({steps.steps()});
  ASSERT_TRUE(spawned.listen_notifications) << "the child's table was the launcher's until execve";
  EXPECT_GE(::fcntl(spawned.listen_notifications.get(), F_GETFD), 0);
  wait_status(spawned);
}

TEST_F(Spawning, ThePidfdIsTheChilds) {
  const Spawned spawned = run({}, {"/bin/sleep", "60"});
  EXPECT_EQ(::syscall(SYS_pidfd_send_signal, spawned.pidfd.get(), SIGKILL, nullptr, 0), 0);
  EXPECT_EQ(WTERMSIG(wait_status(spawned)), SIGKILL);
}

}  // namespace
}  // namespace frostbyte::sandbox
