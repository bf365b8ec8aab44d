#include "launcher/launch/call_trace.h"

#include <linux/audit.h>
#include <sys/epoll.h>
#include <sys/ptrace.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace frostbyte::launch {
namespace {

constexpr const char* kTotal = "calls.total";
struct Counted {
  const char* metric;
  std::uint64_t number;
};
constexpr std::array kCounted = {Counted{"calls.mmap", SYS_mmap}, Counted{"calls.brk", SYS_brk},
                                 Counted{"calls.madvise", SYS_madvise}, Counted{"calls.mprotect", SYS_mprotect},
                                 Counted{"calls.munmap", SYS_munmap}};
constexpr std::array<std::uint64_t, 7> kSending = {SYS_write,    SYS_writev,   SYS_sendto, SYS_sendmsg,
                                                   SYS_sendmmsg, SYS_sendfile, SYS_splice};

constexpr long kOptions = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                          PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
constexpr int kCallStop = SIGTRAP | 0x80;  // what TRACESYSGOOD makes of a system call's stop
/// Loopback hands bytes over within the sender's own call, unless the kernel is so busy that it leaves that to a
/// thread of its own.
constexpr long kArrivalTime = 1'000'000;  // ns

bool sends(std::uint64_t call) { return std::ranges::find(kSending, call) != kSending.end(); }

Result<void> watch(int events, int fd) {
  epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
  if (::epoll_ctl(events, EPOLL_CTL_ADD, fd, &event) != 0) return system_failure("watch", "the traced");
  return {};
}

}  // namespace

CallTrace::QuietChildren::QuietChildren() {
  sigset_t children;
  ::sigemptyset(&children);
  ::sigaddset(&children, SIGCHLD);
  ::pthread_sigmask(SIG_BLOCK, &children, &before_);
}

CallTrace::QuietChildren::~QuietChildren() {
  if (ours_) ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

Result<CallTrace> CallTrace::create() {
  CallTrace trace;
  sigset_t children;
  ::sigemptyset(&children);
  ::sigaddset(&children, SIGCHLD);
  trace.signals_ = Fd(::signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK));
  trace.timer_ = Fd(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  trace.events_ = Fd(::epoll_create1(EPOLL_CLOEXEC));
  if (!trace.signals_ || !trace.timer_ || !trace.events_) return system_failure("make descriptors for", "a tracer");
  TRY(watch(trace.events_.get(), trace.signals_.get()));
  TRY(watch(trace.events_.get(), trace.timer_.get()));
  return trace;
}

void CallTrace::begin(pid_t child) {
  child_ = child;
  tracees_.emplace(child, Tracee{});
}

void CallTrace::attend() {
  std::uint64_t expirations = 0;
  if (::read(timer_.get(), &expirations, sizeof expirations) > 0) release_held();
  std::array<signalfd_siginfo, 16> told;
  while (::read(signals_.get(), told.data(), sizeof told) > 0) {
  }
  // One signal may stand for many stops, and a new thread may stop before the one that made it has told of it.
  for (bool more = true; more;) {
    more = false;
    std::array<pid_t, 256> threads;
    std::size_t count = 0;
    for (const auto& [thread, tracee] : tracees_)
      if (!tracee.held && count < threads.size()) threads[count++] = thread;
    for (std::size_t i = 0; i < count; ++i)
      if (const auto found = tracees_.find(threads[i]); found != tracees_.end())
        more = take_stop(threads[i], found->second) || more;
  }
}

/// False when it has not stopped since. A child that ended stays for whoever started it; others are reaped.
bool CallTrace::take_stop(pid_t thread, Tracee& tracee) {
  siginfo_t info{};
  const int options = WNOHANG | __WALL | WSTOPPED | (thread == child_ ? 0 : WEXITED);
  if (::waitid(P_PID, static_cast<id_t>(thread), &info, options) != 0 || info.si_pid == 0) {
    if (errno == ECHILD && thread != child_) tracees_.erase(thread);
    return false;
  }
  if (info.si_code == CLD_EXITED || info.si_code == CLD_KILLED || info.si_code == CLD_DUMPED) {
    tracees_.erase(thread);
    return true;
  }
  on_stop(thread, tracee, info.si_status);
  return true;
}

/// `status` is the signal it stopped with, and above its low byte the event that stopped it.
void CallTrace::on_stop(pid_t thread, Tracee& tracee, int status) {
  if (!std::exchange(tracee.begun, true)) {  // SIGTRAP after the child's execve, SIGSTOP in what it started
    if (thread == child_ && ::ptrace(PTRACE_SETOPTIONS, thread, nullptr, kOptions) == 0) problem_.clear();
  } else if (status == kCallStop) {
    on_call(thread, tracee);
  } else if ((status >> 8) != 0) {
    on_event(thread, status >> 8);
  } else {
    return on_signal(thread, tracee, status);
  }
  if (!tracee.held) ::ptrace(PTRACE_SYSCALL, thread, nullptr, 0L);
}

/// Passed on. The kernel does not end a traced first process of a pid namespace for a fault, which then repeats for
/// ever: at its second one without a call between, it is left to itself.
void CallTrace::on_signal(pid_t thread, Tracee& tracee, int signal) {
  constexpr std::array kFaults = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
  const bool again = std::ranges::find(kFaults, signal) != kFaults.end() && std::exchange(tracee.faulted, true);
  ::ptrace(again ? PTRACE_DETACH : PTRACE_SYSCALL, thread, nullptr, static_cast<long>(signal));
}

void CallTrace::on_call(pid_t thread, Tracee& tracee) {
  __ptrace_syscall_info info{};
  if (::ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, &info) < 0) {
    problem_ = "this kernel does not tell the number of a traced call (Linux 5.3 does)";
    return;
  }
  if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
    ++total_;
    tracee.call = info.entry.nr;
    tracee.faulted = false;
    if (info.arch == AUDIT_ARCH_X86_64) ++by_number_[info.entry.nr];
  } else if (info.op == PTRACE_SYSCALL_INFO_EXIT && sends(tracee.call) && info.exit.rval > 0) {
    hold(tracee);
  }
}

void CallTrace::on_event(pid_t thread, int event) {
  if (event != PTRACE_EVENT_CLONE && event != PTRACE_EVENT_FORK && event != PTRACE_EVENT_VFORK) return;
  unsigned long started = 0;
  if (::ptrace(PTRACE_GETEVENTMSG, thread, nullptr, &started) == 0)
    tracees_.emplace(static_cast<pid_t>(started), Tracee{});
}

void CallTrace::hold(Tracee& tracee) {
  tracee.held = true;
  const itimerspec once{.it_interval = {}, .it_value = {.tv_sec = 0, .tv_nsec = kArrivalTime}};
  ::timerfd_settime(timer_.get(), 0, &once, nullptr);
}

void CallTrace::release_held() {
  for (auto& [thread, tracee] : tracees_)
    if (std::exchange(tracee.held, false)) ::ptrace(PTRACE_SYSCALL, thread, nullptr, 0L);
}

void CallTrace::end(int child_pidfd) {
  ::syscall(SYS_pidfd_send_signal, child_pidfd, SIGKILL, nullptr, 0);
  for (const auto& [thread, tracee] : tracees_)
    if (thread != child_) ::kill(thread, SIGKILL);
  for (const auto& [thread, tracee] : tracees_) {
    siginfo_t info{};
    if (thread != child_) ::waitid(P_PID, static_cast<id_t>(thread), &info, WEXITED | __WALL);
  }
  tracees_.clear();
}

CallCounts CallTrace::counts() const {
  CallCounts counts{{kTotal, total_}};
  for (const auto& [metric, number] : kCounted) {
    const auto found = by_number_.find(number);
    counts[metric] = found == by_number_.end() ? 0 : found->second;
  }
  return counts;
}

}  // namespace frostbyte::launch
