#include "launcher/sandbox/user_namespace.h"

#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "launcher/base/file.h"

namespace frostbyte::sandbox {
namespace {

std::string map_root_to(unsigned id) { return "0 " + std::to_string(id) + " 1"; }

std::string hint_for_refusal(int error) {
  if (error == ENOSPC) return "raise the limit: sysctl -w user.max_user_namespaces=15000";
  if (error == EINVAL) return "the process already runs threads or in a chroot";
  return "run as root, or permit user namespaces: sysctl -w kernel.unprivileged_userns_clone=1 (Debian), "
         "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu)";
}

}  // namespace

Result<void> enter_user_namespace() {
  const unsigned user = ::geteuid();
  const unsigned group = ::getegid();
  if (::unshare(CLONE_NEWUSER) != 0) return system_failure("create", "user namespace", hint_for_refusal(errno));
  // Without this an unprivileged process may not map its group.
  TRY(write_value("/proc/self/setgroups", "deny"));
  TRY(write_value("/proc/self/uid_map", map_root_to(user)));
  return write_value("/proc/self/gid_map", map_root_to(group));
}

void add_identity_steps(StepList& steps) {
  steps.write_file("deny setgroups in the user namespace", "/proc/self/setgroups", "deny");
  steps.write_file("map the user of the user namespace", "/proc/self/uid_map", map_root_to(::geteuid()));
  steps.write_file("map the group of the user namespace", "/proc/self/gid_map", map_root_to(::getegid()));
}

}  // namespace frostbyte::sandbox
