#include "launcher/host/child_probe.h"

#include <linux/capability.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "launcher/base/clock.h"
#include "launcher/base/fd.h"
#include "launcher/base/file.h"

namespace frostbyte::host {
namespace {

void reap(pid_t child) {
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
}

int milliseconds_until(Instant deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - MonotonicClock::now()).count();
  return static_cast<int>(std::max<std::int64_t>(left, 0));
}

Result<std::string> read_until(int fd, Instant deadline) {
  std::string bytes;
  char buffer[4096];
  for (;;) {
    pollfd ready{.fd = fd, .events = POLLIN, .revents = 0};
    const int count = ::poll(&ready, 1, milliseconds_until(deadline));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_failure("wait for", "a probe");
    if (count == 0) return system_failure(ETIMEDOUT, "wait for", "a probe");
    const ssize_t n = ::read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_failure("read the answer of", "a probe");
    if (n == 0) return bytes;
    bytes.append(buffer, static_cast<std::size_t>(n));
  }
}

}  // namespace

int try_clone3(std::uint64_t flags, int cgroup) {
  int pidfd = -1;
  clone_args args{};
  args.flags = flags | CLONE_PIDFD;
  args.pidfd = reinterpret_cast<std::uintptr_t>(&pidfd);
  args.exit_signal = SIGCHLD;
  args.cgroup = cgroup >= 0 ? static_cast<std::uint64_t>(cgroup) : 0;

  long result = SYS_clone3;
  // The child never leaves these instructions, so that it may share memory and stack with us (CLONE_VM | CLONE_VFORK).
  asm volatile(
      "syscall\n\t"
      "test %%rax, %%rax\n\t"
      "jnz 1f\n\t"
      "xorl %%edi, %%edi\n\t"
      "movl %[exit], %%eax\n\t"
      "syscall\n\t"
      "1:"
      : "+a"(result)
      : "D"(&args), "S"(sizeof args), [exit] "i"(SYS_exit_group)
      : "rcx", "r11", "cc", "memory");
  if (result < 0) return static_cast<int>(-result);
  const Fd owner(pidfd);
  reap(static_cast<pid_t>(result));
  return 0;
}

Result<std::string> bytes_from_child(const std::function<std::string()>& probe, Nanos deadline) {
  Pipe pipe = TRY(make_pipe());
  const Instant end = MonotonicClock::now() + deadline;
  const pid_t child = ::fork();
  if (child < 0) return system_failure("fork", "a probe");
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::setpgid(0, 0);
    std::ignore = write_all(pipe.write.get(), probe(), "the answer");
    ::_exit(0);
  }
  ::setpgid(child, child);  // by both, because either may be first; the group takes the probe's own children with it
  pipe.write.reset();
  Result<std::string> bytes = read_until(pipe.read.get(), end);
  ::kill(-child, SIGKILL);
  reap(child);
  return bytes;
}

std::string describe_errno(int code) {
  if (code == 0) return "works";
  return std::string(::strerrorname_np(code)) + ": " + std::strerror(code);
}

int enter_user_namespace_in_child() {
  const std::string uid = std::to_string(::geteuid());
  const std::string gid = std::to_string(::getegid());
  if (::unshare(CLONE_NEWUSER) != 0) return errno;
  for (const auto& [file, value] :
       {std::pair("/proc/self/setgroups", std::string("deny")), std::pair("/proc/self/uid_map", "0 " + uid + " 1"),
        std::pair("/proc/self/gid_map", "0 " + gid + " 1")}) {
    if (const Result<void> written = write_value(file, value); !written) return written.error().code;
  }
  return 0;
}

bool has_admin_capability() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};
  if (::syscall(SYS_capget, &header, data) != 0) return false;
  return (data[0].effective & (1u << CAP_SYS_ADMIN)) != 0;
}

}  // namespace frostbyte::host
