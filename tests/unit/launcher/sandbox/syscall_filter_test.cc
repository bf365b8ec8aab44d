#include "launcher/sandbox/syscall_filter.h"

#include <gtest/gtest.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <functional>

namespace frostbyte::sandbox {
namespace {

/// What `attempt` returns in a child process that carries the filter.
int under_filter(ListenTrap trap, Refusal refusal, const std::function<int()>& attempt) {
  std::vector<sock_filter> program = make_filter(trap, refusal).value();
  const pid_t child = ::fork();
  if (child == 0) {
    const sock_fprog header{.len = static_cast<unsigned short>(program.size()), .filter = program.data()};
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &header) != 0) ::_exit(254);
    ::_exit(attempt());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

int errno_of(long result) { return result < 0 ? errno : 0; }

TEST(SyscallFilter, RefusesWhatNoFunctionNeeds) {
  EXPECT_EQ(under_filter(ListenTrap::no, Refusal::yes, [] { return errno_of(::unshare(CLONE_NEWUTS)); }), EPERM);
  EXPECT_EQ(under_filter(ListenTrap::no, Refusal::yes, [] { return errno_of(::syscall(SYS_bpf, 0, nullptr, 0)); }),
            EPERM);
  EXPECT_EQ(under_filter(ListenTrap::no, Refusal::yes, [] { return errno_of(::syscall(SYS_keyctl, 0, 0, 0, 0)); }),
            EPERM);
}

TEST(SyscallFilter, LetsAServerServe) {
  EXPECT_EQ(under_filter(ListenTrap::no, Refusal::yes,
                         [] {
                           const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
                           return socket < 0 ? errno : errno_of(::listen(socket, 1));
                         }),
            0);
}

TEST(SyscallFilter, WatchingAloneRefusesNothing) {
  EXPECT_EQ(under_filter(ListenTrap::yes, Refusal::no, [] { return errno_of(::syscall(SYS_keyctl, 0, 0, 0, 0)); }),
            errno_of(::syscall(SYS_keyctl, 0, 0, 0, 0)));
}

TEST(SyscallFilter, ATrapWithoutAListenerAnswersWithEnosys) {
  // Nobody holds the notification descriptor, so the kernel ends the trapped call itself: that it is trapped is proven.
  EXPECT_EQ(under_filter(ListenTrap::yes, Refusal::no,
                         [] { return errno_of(::listen(::socket(AF_INET, SOCK_STREAM, 0), 1)); }),
            ENOSYS);
}

TEST(SyscallFilter, EveryRefusedNameIsListedOnce) {
  auto calls = refused_calls();
  std::ranges::sort(calls);
  EXPECT_TRUE(std::ranges::adjacent_find(calls) == calls.end());
  EXPECT_TRUE(std::ranges::binary_search(calls, "ptrace"));
}

TEST(SyscallFilter, KnowsWhichFlagsTheKernelHas) {
  EXPECT_TRUE(kernel_has_filter_flag(SECCOMP_FILTER_FLAG_NEW_LISTENER));
  EXPECT_FALSE(kernel_has_filter_flag(1UL << 30));
}

}  // namespace
}  // namespace frostbyte::sandbox
