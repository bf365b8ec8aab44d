#include "launcher/sandbox/capability.h"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <functional>

#include "launcher/sandbox/cgroup.h"
#include "launcher/sandbox/syscall_filter.h"
#include "launcher/sandbox/user_namespace.h"

namespace frostbyte::sandbox {
namespace {

constexpr int kNoUserNamespace = 255;  // no errno is this large

/// Runs `attempt` in a child and returns what it returned: 0, an errno, or kNoUserNamespace.
int try_in_process(const std::function<int()>& attempt) {
  const pid_t child = ::fork();
  if (child < 0) return errno;
  if (child == 0) ::_exit(attempt());
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : EFAULT;
}

/// As a launch would be: root as it is, anybody else inside a user namespace.
int try_privileged(const std::function<int()>& attempt) {
  return try_in_process([&] {
    if (::geteuid() != 0 && !enter_user_namespace()) return kNoUserNamespace;
    return attempt();
  });
}

int try_unshare(int flags) {
  return try_privileged([=] { return ::unshare(flags) == 0 ? 0 : errno; });
}

int try_mounting() {
  return try_privileged([] {
    if (::unshare(CLONE_NEWNS) != 0) return errno;
    if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return errno;
    return ::mount("frostbyte", "/tmp", "tmpfs", 0, nullptr) == 0 ? 0 : errno;
  });
}

std::string explain(int error, const char* what) {
  if (error == kNoUserNamespace) {
    return std::string(what) +
           " needs root or a user namespace, and this user may not make one: run as root, or sysctl -w "
           "kernel.unprivileged_userns_clone=1 (Debian), kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu)";
  }
  const std::string cause = std::string(what) + " is refused: " + std::strerror(error);
  if (error == ENOSPC) return cause + "; raise the limits in /proc/sys/user";
  if (error == EPERM) return cause + "; inside a container, give it more rights (CAP_SYS_ADMIN) or run outside";
  return cause;
}

PartStatus from_errno(Part part, int error, const char* what) {
  return {.part = part, .available = error == 0, .reason = error == 0 ? "" : explain(error, what)};
}

PartStatus probe_cgroup() {
  const auto factory = CgroupFactory::probe(std::nullopt);
  if (!factory) return {.part = Part::cgroup, .available = false, .reason = factory.error().message()};
  const bool available = (*factory)->version() != CgroupVersion::none;
  return {.part = Part::cgroup, .available = available, .reason = available ? "" : (*factory)->reason()};
}

PartStatus probe_part(Part part) {
  switch (part) {
    case Part::mount:
      return from_errno(part, try_mounting(), "mounting in a mount namespace");
    case Part::pid:
      return from_errno(part, try_unshare(CLONE_NEWPID), "a pid namespace");
    case Part::net:
      return from_errno(part, try_unshare(CLONE_NEWNET), "a network namespace");
    case Part::ipc:
      return from_errno(part, try_unshare(CLONE_NEWIPC), "an IPC namespace");
    case Part::uts:
      return from_errno(part, try_unshare(CLONE_NEWUTS), "a UTS namespace");
    case Part::cgroup_ns:
      return from_errno(part, try_unshare(CLONE_NEWCGROUP), "a cgroup namespace");
    case Part::user:
      return from_errno(part, try_in_process([] { return ::unshare(CLONE_NEWUSER) == 0 ? 0 : errno; }),
                        "a user namespace");
    case Part::cgroup:
      return probe_cgroup();
    case Part::capabilities:
      return from_errno(part, try_privileged([] { return 0; }), "dropping capabilities");
    case Part::no_new_privs:
      return {.part = part, .available = true, .reason = {}};
    case Part::syscall_filter:
      return kernel_has_filter_flag(SECCOMP_FILTER_FLAG_SPEC_ALLOW)
                 ? PartStatus{.part = part, .available = true, .reason = {}}
                 : PartStatus{.part = part, .available = false, .reason = "this kernel has no seccomp filters"};
  }
  return {.part = part, .available = false, .reason = "unknown part"};
}

int mount_overlay_below(const std::filesystem::path& staging) {
  if (::unshare(CLONE_NEWNS) != 0) return errno;
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return errno;
  if (::mount("frostbyte", staging.c_str(), "tmpfs", 0, nullptr) != 0) return errno;
  for (const char* name : {"upper", "work"}) {
    if (::mkdir((staging / name).c_str(), 0755) != 0) return errno;
  }
  const std::string options =
      "lowerdir=/run,upperdir=" + (staging / "upper").string() + ",workdir=" + (staging / "work").string();
  return ::mount("frostbyte", "/run", "overlay", 0, options.c_str()) == 0 ? 0 : errno;
}

}  // namespace

std::vector<PartStatus> probe_parts() {
  std::vector<PartStatus> statuses;
  for (const Part part : all_parts()) statuses.push_back(probe_part(part));
  return statuses;
}

bool overlays_usable(const std::filesystem::path& staging) {
  return try_privileged([&] { return mount_overlay_below(staging); }) == 0;
}

bool listen_trap_usable() {
  const auto filter = make_filter(ListenTrap::yes, Refusal::no);
  if (!filter) return false;
  return try_in_process([&] {
           if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
           std::vector<sock_filter> program = *filter;
           const sock_fprog header{.len = static_cast<unsigned short>(program.size()), .filter = program.data()};
           const long listener =
               ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &header);
           return listener >= 0 ? 0 : errno;
         }) == 0;
}

}  // namespace frostbyte::sandbox
