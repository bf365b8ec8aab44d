#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "launcher/base/file.h"
#include "launcher/host/child_probe.h"
#include "launcher/host/probes.h"
#include "launcher/sandbox/cgroup.h"

namespace frostbyte::host {
namespace {

using Status = Finding::Status;
using Step = MountReading::Step;

constexpr std::array<std::pair<const char*, std::uint64_t>, 6> kKinds = {{{"mount", CLONE_NEWNS},
                                                                          {"pid", CLONE_NEWPID},
                                                                          {"net", CLONE_NEWNET},
                                                                          {"ipc", CLONE_NEWIPC},
                                                                          {"uts", CLONE_NEWUTS},
                                                                          {"cgroup", CLONE_NEWCGROUP}}};

const char* describe(Step step) {
  constexpr std::array kNames = {"user namespace",   "mount namespace", "private propagation",
                                 "mounting a tmpfs", "pivot_root",      "detaching the old root",
                                 "pid namespace",    "mounting /proc",  "done"};
  return kNames[static_cast<std::size_t>(step)];
}

/// In the new pid namespace's first process: a fresh procfs, which a container with a masked /proc refuses.
int mount_proc_in_child() {
  const pid_t child = ::fork();
  if (child < 0) return errno;
  if (child == 0) ::_exit(::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) == 0 ? 0 : errno);
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
}

/// What a launch's root needs, in its order. Everything ends with the child's mount namespace.
MountReading build_root_in_child(bool privileged) {
  const std::string base = temporary_base();
  const auto failed = [](Step step, int code = errno) { return MountReading{.failed = step, .code = code}; };
  if (!privileged) {
    if (const int code = enter_user_namespace_in_child(); code != 0) return failed(Step::user_namespace, code);
  }
  if (::unshare(CLONE_NEWNS) != 0) return failed(Step::mount_namespace);
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return failed(Step::make_private);
  if (::mount("frostbyte", base.c_str(), "tmpfs", MS_NOSUID, "size=1m") != 0) return failed(Step::tmpfs);
  if (::chdir(base.c_str()) != 0 || ::mkdir("proc", 0755) != 0) return failed(Step::tmpfs);
  // A fresh procfs is only allowed while a whole one is in sight: the new root's is mounted before the old root goes.
  if (::unshare(CLONE_NEWPID) != 0) return failed(Step::pid_namespace);
  if (const int code = mount_proc_in_child(); code != 0) return failed(Step::proc, code);
  if (::syscall(SYS_pivot_root, ".", ".") != 0) return failed(Step::pivot_root);
  if (::umount2(".", MNT_DETACH) != 0) return failed(Step::detach);
  return {};
}

/// Why an ordinary user may not make a user namespace, by the switches this host has; the first that is closed.
std::pair<std::string, std::string> closed_switch(const UserNamespacePolicy& policy) {
  if (policy.most == 0) return {"user.max_user_namespaces is 0", "sysctl user.max_user_namespaces=10000"};
  if (policy.debian == 0) return {"kernel.unprivileged_userns_clone is 0", "sysctl kernel.unprivileged_userns_clone=1"};
  if (policy.apparmor.value_or(0) != 0) {
    return {"AppArmor restricts unprivileged user namespaces",
            "sysctl kernel.apparmor_restrict_unprivileged_userns=0, or run as root"};
  }
  return {"", "run as root, or outside of the container whose syscall filter refuses it"};
}

Finding judge_user_namespace(const NamespaceReading& reading, const UserNamespacePolicy& policy) {
  Finding finding{.group = Group::isolation, .subject = "user namespaces"};
  finding.detail = describe_errno(reading.user_errno);
  if (reading.user_errno == 0) {
    finding.detail = reading.privileged ? "works; not needed, the launcher is privileged"
                                        : "works; every other namespace is made inside of one";
    return finding;
  }
  const auto [why, remedy] = closed_switch(policy);
  if (!why.empty()) finding.detail += "; " + why;
  finding.status = reading.privileged ? Status::degraded : Status::unavailable;
  finding.consequence = reading.privileged ? "only the isolation part user is missing"
                                           : "without root nothing can be isolated: only --isolation none works";
  finding.remedy = remedy;
  return finding;
}

Finding judge_kinds(const NamespaceReading& reading) {
  Finding finding{.group = Group::isolation, .subject = "namespaces"};
  std::string working;
  std::string refused;
  for (const auto& [kind, code] : reading.kinds) {
    if (code == 0) {
      working += (working.empty() ? "" : ", ") + kind;
    } else {
      refused += (refused.empty() ? "" : ", ") + kind + " (" + describe_errno(code) + ")";
    }
  }
  finding.detail = working.empty() ? "none" : working;
  if (refused.empty()) return finding;
  finding.status = working.empty() ? Status::unavailable : Status::degraded;
  finding.detail = "refused: " + refused + (working.empty() ? "" : "; working: " + working);
  finding.consequence =
      "presets namespaces and full fail; leave the refused parts out, for example --isolation full,-net";
  finding.remedy = reading.privileged ? "run outside of the container, or give it CAP_SYS_ADMIN"
                                      : "run as root, or open user namespaces";
  return finding;
}

/// CLONE_INTO_CGROUP and join by file are proven on a real cgroup.
Finding judge_birth(sandbox::CgroupVersion version, int into_errno) {
  Finding finding{.group = Group::isolation, .subject = "born in its cgroup"};
  if (version == sandbox::CgroupVersion::v2 && into_errno == 0) {
    finding.detail = "CLONE_INTO_CGROUP";
    return finding;
  }
  finding.status = Status::degraded;
  finding.detail = version == sandbox::CgroupVersion::v2
                       ? "CLONE_INTO_CGROUP: " + describe_errno(into_errno)
                       : "cgroup v1: the child writes itself into each hierarchy before exec";
  finding.consequence = "spawn_to_exec is longer by those writes; exec_to_first_response is not touched";
  finding.remedy =
      version == sandbox::CgroupVersion::v2 ? "" : "boot with systemd.unified_cgroup_hierarchy=1 for cgroup v2";
  return finding;
}

std::string joined(const std::vector<std::pair<std::string, std::string>>& missing) {
  std::string text;
  for (const auto& [name, reason] : missing) text += (text.empty() ? "" : "; ") + name + ": " + reason;
  return text;
}

std::vector<Finding> examine_cgroup(const Surroundings& around) {
  Finding finding{.group = Group::isolation, .subject = "cgroup"};
  const auto factory = sandbox::CgroupFactory::probe(around.cgroup_parent);
  if (!factory) return {broken_probe(Group::isolation, finding.subject, factory.error())};
  const sandbox::CgroupVersion version = (*factory)->version();
  finding.detail = std::string(to_string(version));
  if (version == sandbox::CgroupVersion::none) {
    finding.status = Status::degraded;
    const Reason reason = take_apart((*factory)->reason());
    finding.detail = "none: " + reason.cause;
    finding.consequence = "no limits, no cgroup_peak; memory is read from the processes alone";
    finding.remedy =
        reason.hint.empty()
            ? "run as root, or in a delegated cgroup: systemd-run --user --scope -p Delegate=yes frostbyte …"
            : reason.hint;
    return {finding};
  }
  const auto cgroup = (*factory)->create({.memory = Bytes{64 << 20}, .cpus = {}, .tasks = 64});
  if (!cgroup) return {broken_probe(Group::isolation, finding.subject, cgroup.error())};
  finding.detail += ": made one with memory and tasks limits";
  if (const std::string missing = joined((*factory)->missing()); !missing.empty()) {
    finding.status = Status::degraded;
    finding.consequence = "not given here: " + missing;
    finding.remedy = take_apart((*factory)->reason()).hint;
  }
  const int fd = (*cgroup)->clone_into_fd();
  return {finding, judge_birth(version, fd >= 0 ? try_clone3(CLONE_INTO_CGROUP, fd) : EOPNOTSUPP)};
}

}  // namespace

NamespaceReading try_namespaces() {
  NamespaceReading reading;
  reading.privileged = has_admin_capability();
  reading.user_errno = try_clone3(CLONE_NEWUSER);
  const std::uint64_t with = reading.privileged ? 0 : CLONE_NEWUSER;
  for (const auto& [name, flag] : kKinds) reading.kinds.emplace_back(name, try_clone3(with | flag));
  return reading;
}

UserNamespacePolicy read_user_namespace_policy() {
  return {.most = read_integer("/proc/sys/user/max_user_namespaces"),
          .debian = read_integer("/proc/sys/kernel/unprivileged_userns_clone"),
          .apparmor = read_integer("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")};
}

std::vector<Finding> judge(const NamespaceReading& reading, const UserNamespacePolicy& policy) {
  return {judge_kinds(reading), judge_user_namespace(reading, policy)};
}

Result<MountReading> try_mounts() {
  const bool privileged = has_admin_capability();
  return in_child([privileged] { return build_root_in_child(privileged); });
}

Finding judge(const MountReading& reading, const UserNamespacePolicy& policy) {
  Finding finding{.group = Group::isolation, .subject = "root file system"};
  if (reading.failed == Step::done) {
    finding.detail = "tmpfs, fresh /proc, pivot_root, old root detached";
    return finding;
  }
  finding.status = Status::degraded;
  finding.detail = std::string(describe(reading.failed)) + ": " + describe_errno(reading.code);
  finding.consequence = "no root of its own: use --isolation full,-mount";
  if (reading.failed == Step::proc) {
    finding.remedy =
        "run outside of the container: its masked /proc forbids a fresh one (docker: --security-opt "
        "systempaths=unconfined)";
  } else if (reading.failed == Step::pivot_root && reading.code == EINVAL) {
    finding.remedy = "the root is an initramfs or a shared mount: switch_root to a tmpfs first";
  } else {
    finding.remedy = closed_switch(policy).second;
  }
  return finding;
}

std::vector<Finding> examine_isolation(const Surroundings& around) {
  const UserNamespacePolicy policy = read_user_namespace_policy();
  std::vector<Finding> findings = judge(try_namespaces(), policy);
  const Result<MountReading> mounts = try_mounts();
  findings.push_back(mounts ? judge(*mounts, policy)
                            : broken_probe(Group::isolation, "root file system", mounts.error()));
  std::ranges::move(examine_cgroup(around), std::back_inserter(findings));
  return findings;
}

}  // namespace frostbyte::host
