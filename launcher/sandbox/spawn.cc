#include "launcher/sandbox/spawn.h"

#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <cerrno>

namespace frostbyte::sandbox {
namespace {

/// Signals stay blocked while the child shares our memory: a handler must not run on its stack, and a pending timer
/// signal would make a slow clone restart for ever.
class AllSignalsBlocked {
 public:
  AllSignalsBlocked() {
    sigset_t all;
    ::sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, &before_);
  }
  AllSignalsBlocked(const AllSignalsBlocked&) = delete;
  AllSignalsBlocked& operator=(const AllSignalsBlocked&) = delete;
  ~AllSignalsBlocked() { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

[[noreturn]] void child_entry(void* plan) noexcept { run_plan_in_child(*static_cast<const ChildPlan*>(plan)); }

/// clone3 with a stack of its own needs an entry that never returns through the parent's frames; libc exports none.
/// Returns the pid, or -errno.
__attribute__((noinline)) long clone3_into(clone_args& arguments, void (*entry)(void*) noexcept, void* argument) {
  register void* r12 asm("r12") = reinterpret_cast<void*>(entry);
  register void* r13 asm("r13") = argument;
  long result = SYS_clone3;
  asm volatile(
      "syscall\n\t"
      "test %%rax, %%rax\n\t"
      "jnz 1f\n\t"
      "xor %%ebp, %%ebp\n\t"
      "mov %%r13, %%rdi\n\t"
      "call *%%r12\n\t"
      "ud2\n"
      "1:\n\t"
      : "+a"(result)
      : "D"(&arguments), "S"(sizeof arguments), "r"(r12), "r"(r13)
      : "rcx", "r11", "memory");
  return result;
}

std::string hint_for_clone(int error, int cgroup_fd) {
  if (error == EPERM) return "run as root, or permit user namespaces; see `frostbyte doctor`";
  if (error == EAGAIN) return "the limit of processes is reached: raise `ulimit -u` or pids.max";
  if (cgroup_fd >= 0) return "the cgroup may not accept processes: name another with --cgroup-parent";
  return {};
}

}  // namespace

Result<ChildStack> ChildStack::create() {
  void* base =
      ::mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_POPULATE, -1, 0);
  if (base == MAP_FAILED) return system_failure("map", "stack of the child");
  return ChildStack(base);
}

ChildStack::~ChildStack() {
  if (base_ != nullptr) ::munmap(base_, kSize);
}

Result<Spawned> spawn(ChildPlan plan, const ChildStack& stack, std::uint64_t namespaces, int cgroup_fd) {
  Spawned spawned;
  plan.report = &spawned.report;
  int pidfd = -1;
  clone_args arguments{};
  arguments.flags = CLONE_VM | CLONE_VFORK | CLONE_FILES | CLONE_PIDFD | CLONE_CLEAR_SIGHAND | namespaces;
  arguments.pidfd = reinterpret_cast<std::uint64_t>(&pidfd);
  arguments.exit_signal = SIGCHLD;
  arguments.stack = reinterpret_cast<std::uint64_t>(stack.base());
  arguments.stack_size = ChildStack::kSize;
  if (cgroup_fd >= 0) {
    arguments.flags |= CLONE_INTO_CGROUP;
    arguments.cgroup = static_cast<std::uint64_t>(cgroup_fd);
  }
  long result = 0;
  {
    const AllSignalsBlocked blocked;
    spawned.spawn = MonotonicClock::now();
    result = clone3_into(arguments, child_entry, &plan);
  }
  if (result < 0) {
    const int error = static_cast<int>(-result);
    return system_failure(error, "start a process with", "clone3", hint_for_clone(error, cgroup_fd));
  }
  spawned.pid = static_cast<pid_t>(result);
  spawned.pidfd = Fd(pidfd);
  spawned.listen_notifications = Fd(spawned.report.listener);
  return spawned;
}

}  // namespace frostbyte::sandbox
