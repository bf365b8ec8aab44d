#include "launcher/contract/listen_trap.h"

#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "launcher/base/file.h"

namespace frostbyte::contract {
namespace {

/// The kernel writes as many bytes as its own structure has; a newer kernel's may be longer than the header's.
union NotificationBuffer {
  seccomp_notif notification;
  char room[512];
};

void respond(int notifications, std::uint64_t id, int error, std::uint32_t flags) {
  union {
    seccomp_notif_resp response;
    char room[512];
  } buffer{};
  std::memset(&buffer, 0, sizeof buffer);
  buffer.response.id = id;
  buffer.response.error = -error;
  buffer.response.flags = flags;
  // ENOENT: the caller was killed while we worked. There is nobody left to answer.
  ::ioctl(notifications, SECCOMP_IOCTL_NOTIF_SEND, &buffer.response);
}

/// The process a thread belongs to: pidfd_open takes no other threads.
pid_t process_of(pid_t thread) {
  const auto status = read_file("/proc/" + std::to_string(thread) + "/status", 1 << 16);
  if (!status) return thread;
  const std::string_view key = "\nTgid:\t";
  const auto at = status->find(key);
  if (at == std::string::npos) return thread;
  pid_t process = thread;
  std::from_chars(status->data() + at + key.size(), status->data() + status->size(), process);
  return process;
}

}  // namespace

std::optional<TrappedCall> receive_trapped(int notifications) {
  NotificationBuffer buffer;
  std::memset(&buffer, 0, sizeof buffer);
  if (::ioctl(notifications, SECCOMP_IOCTL_NOTIF_RECV, &buffer.notification) != 0) return std::nullopt;
  const seccomp_data& data = buffer.notification.data;
  return TrappedCall{.id = buffer.notification.id,
                     .thread = static_cast<pid_t>(buffer.notification.pid),
                     .number = data.nr,
                     .socket = static_cast<int>(data.args[0]),
                     .backlog = static_cast<int>(data.args[1])};
}

void let_through(int notifications, const TrappedCall& call) {
  respond(notifications, call.id, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
}

void end_call(int notifications, const TrappedCall& call, int error) { respond(notifications, call.id, error, 0); }

Result<Fd> copy_socket(const TrappedCall& call, pid_t child, int child_pidfd) {
  Fd other;
  if (call.thread != child) {
    const pid_t process = process_of(call.thread);
    if (process != child) {
      other = Fd(static_cast<int>(::syscall(SYS_pidfd_open, process, 0)));
      if (!other) return system_failure("open a pidfd of", "process " + std::to_string(process));
    }
  }
  Fd socket(static_cast<int>(::syscall(SYS_pidfd_getfd, other ? other.get() : child_pidfd, call.socket, 0)));
  if (!socket) return system_failure("copy", "the function's listening socket");
  return socket;
}

void let_late_call_through(Watch& watch) {
  if (const auto call = receive_trapped(watch.notifications())) let_through(watch.notifications(), *call);
}

}  // namespace frostbyte::contract
