// Seccomp user notification, end to end, as the `port` contract uses it: a child's listen(2) is trapped, the doctor
// takes its socket, listens on its behalf and answers; a second listen(2) is let through.
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <memory>

#include "launcher/base/fd.h"
#include "launcher/host/child_probe.h"
#include "launcher/host/probes.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)  // Linux 5.19
#endif

namespace frostbyte::host {
namespace {

constexpr unsigned kFlags = SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_SPEC_ALLOW;
constexpr int kPatienceMs = 1000;
constexpr int kAnswer = 0;

/// What doctor and child tell each other; they share the page and the descriptor table.
struct Shared {
  std::atomic<int> listener{-1};
  std::atomic<int> install_errno{0};
  std::atomic<int> first_listen{-1};
  std::atomic<int> second_listen{-1};
};

struct Unmap {
  void operator()(Shared* page) const { ::munmap(page, sizeof *page); }
};

/// Returns the listener or -errno. Needs no privilege: no_new_privs is set.
int install_filter_in_child(unsigned flags) {
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_listen, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{.len = std::size(code), .filter = code};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -errno;
  const long listener = ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
  return listener < 0 ? -errno : static_cast<int>(listener);
}

[[noreturn]] void act_in_child(Shared& shared) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int trapped = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int let_through = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int listener = install_filter_in_child(kFlags);
  if (listener < 0) {
    shared.install_errno = -listener;
    ::_exit(1);
  }
  shared.listener = listener;
  shared.first_listen = ::listen(trapped, 1) == 0 ? 0 : errno;
  shared.second_listen = ::listen(let_through, 1) == 0 ? 0 : errno;
  ::_exit(0);
}

int receive(int listener, seccomp_notif& notification) {
  pollfd ready{.fd = listener, .events = POLLIN, .revents = 0};
  const int count = ::poll(&ready, 1, kPatienceMs);
  if (count <= 0) return count == 0 ? ETIMEDOUT : errno;
  if ((ready.revents & POLLIN) == 0) return ESRCH;
  notification = {};  // the kernel insists on zeroes
  return ::ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &notification) == 0 ? 0 : errno;
}

int answer(int listener, const seccomp_notif& notification, unsigned flags) {
  seccomp_notif_resp response{.id = notification.id, .val = kAnswer, .error = 0, .flags = flags};
  return ::ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response) == 0 ? 0 : errno;
}

/// Listens on the child's socket for it. Returns 0 or an errno.
int listen_for(int pidfd, int socket) {
  const Fd taken(static_cast<int>(::syscall(SYS_pidfd_getfd, pidfd, socket, 0)));
  if (!taken) return errno;
  return ::listen(taken.get(), 1) == 0 ? 0 : errno;
}

void supervise(int listener, int pidfd, NotificationReading& reading) {
  seccomp_notif notification{};
  reading.receive_errno = receive(listener, notification);
  if (reading.receive_errno != 0) return;
  reading.getfd_errno = listen_for(pidfd, static_cast<int>(notification.data.args[0]));
  reading.answer_errno = answer(listener, notification, 0);
  reading.continue_errno = receive(listener, notification);
  if (reading.continue_errno == 0)
    reading.continue_errno = answer(listener, notification, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
}

/// Waits, bounded, until the child has installed its filter or given up.
int wait_for_listener(const Shared& shared, int pidfd) {
  pollfd gone{.fd = pidfd, .events = POLLIN, .revents = 0};
  for (int waited = 0; waited < kPatienceMs && shared.listener < 0; ++waited) {
    if (::poll(&gone, 1, 1) != 0) break;
  }
  return shared.listener;
}

NotificationReading try_in_child() {
  NotificationReading reading;
  void* page = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return {.install_errno = errno};
  const std::unique_ptr<Shared, Unmap> shared(new (page) Shared);
  int raw_pidfd = -1;
  // CLONE_FILES: the child's listener is at once in our own table, as in a launch.
  const long child = ::syscall(SYS_clone, CLONE_FILES | CLONE_PIDFD | SIGCHLD, nullptr, &raw_pidfd, nullptr, 0);
  if (child == 0) act_in_child(*shared);
  if (child < 0) return {.install_errno = errno};
  const Fd pidfd(raw_pidfd);
  // Once the listener is closed the child's listen(2) fails at once, so the wait below is short whatever went wrong.
  if (const Fd listener(wait_for_listener(*shared, pidfd.get())); listener)
    supervise(listener.get(), pidfd.get(), reading);
  ::waitpid(static_cast<pid_t>(child), nullptr, 0);
  reading.install_errno = shared->install_errno;
  reading.child_agrees = shared->first_listen == kAnswer && shared->second_listen == 0;
  return reading;
}

}  // namespace

Result<NotificationReading> try_notification() {
  NotificationReading reading = TRY(in_child(try_in_child));
  reading.killable_errno = TRY(
      in_child([] { return std::max(0, -install_filter_in_child(kFlags | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV)); }));
  return reading;
}

}  // namespace frostbyte::host
