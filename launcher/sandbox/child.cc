#include "launcher/sandbox/child.h"

#include <fcntl.h>
#include <sys/syscall.h>

#include <cerrno>

// Sanitizers keep a shadow of the stack that a process which ends in execve never cleans up.
#define FROSTBYTE_CHILD_CODE __attribute__((noinline, no_sanitize("address", "undefined")))

namespace frostbyte::sandbox {
namespace {

/// The system call itself: libc's wrapper writes errno, which is the launcher's while memory is shared.
// NOLINTNEXTLINE(readability-function-size): a number and six arguments are what a system call takes
FROSTBYTE_CHILD_CODE long call_in_child(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0,
                                        long f = 0) noexcept {
  register long r10 asm("r10") = d;
  register long r8 asm("r8") = e;
  register long r9 asm("r9") = f;
  long result = number;
  asm volatile("syscall" : "+a"(result) : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
  return result;
}

FROSTBYTE_CHILD_CODE long write_file_in_child(const Step& step) noexcept {
  const long fd = call_in_child(SYS_open, step.arguments[0], O_WRONLY | O_CLOEXEC);
  if (fd < 0) return fd;
  const long written = call_in_child(SYS_write, fd, step.arguments[1], step.arguments[2]);
  call_in_child(SYS_close, fd);
  return written;
}

FROSTBYTE_CHILD_CODE long run_step_in_child(const Step& step) noexcept {
  if (step.number == Step::kWriteFile) return write_file_in_child(step);
  const auto& a = step.arguments;
  return call_in_child(step.number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

[[noreturn]] FROSTBYTE_CHILD_CODE void give_up_in_child(ChildReport& report, long result) noexcept {
  report.error = static_cast<int>(-result);
  for (;;) call_in_child(SYS_exit_group, 127);
}

FROSTBYTE_CHILD_CODE void run_steps_in_child(std::span<const Step> steps, ChildReport& report) noexcept {
  report.step = 0;
  for (const Step& step : steps) {
    const long result = run_step_in_child(step);
    if (result < 0 && -result != step.tolerated) give_up_in_child(report, result);
    if (result > 0 && step.success == Step::Success::zero) give_up_in_child(report, -ECANCELED);
    if (step.keeps == Step::Keep::listener) report.listener = static_cast<int>(result);
    ++report.step;
  }
}

/// Decimal digits of the child's own pid, NUL-terminated; the plan reserved room for any pid.
FROSTBYTE_CHILD_CODE void write_pid_in_child(char* digits) noexcept {
  long pid = call_in_child(SYS_getpid);
  char reversed[20];
  int count = 0;
  for (; pid > 0; pid /= 10) reversed[count++] = static_cast<char>('0' + pid % 10);
  while (count > 0) *digits++ = reversed[--count];
  *digits = '\0';
}

}  // namespace

[[noreturn]] FROSTBYTE_CHILD_CODE void run_plan_in_child(const ChildPlan& plan) noexcept {
  ChildReport& report = *plan.report;
  for (const std::span<const Step> list : plan.lists) {
    run_steps_in_child(list, report);
    ++report.list;
  }
  if (plan.listen_pid_digits != nullptr) write_pid_in_child(plan.listen_pid_digits);
  call_in_child(SYS_getrusage, RUSAGE_SELF, reinterpret_cast<long>(&report.usage_before_exec));
  // The headline's clock starts here: everything execve costs, path lookup and cold reads included, is the function's.
  report.exec = MonotonicClock::now();
  const long result = call_in_child(SYS_execve, reinterpret_cast<long>(plan.program), reinterpret_cast<long>(plan.argv),
                                    reinterpret_cast<long>(plan.envp));
  give_up_in_child(report, result);
}

}  // namespace frostbyte::sandbox
