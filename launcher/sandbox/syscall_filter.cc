#include "launcher/sandbox/syscall_filter.h"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string>

#include "launcher/base/fd.h"

namespace frostbyte::sandbox {
namespace {

constexpr std::array kRefused = {
    // the file system's shape
    "mount",
    "umount2",
    "pivot_root",
    "chroot",
    "move_mount",
    "open_tree",
    "fsopen",
    "fsconfig",
    "fsmount",
    "fspick",
    "mount_setattr",
    "quotactl",
    "swapon",
    "swapoff",
    "name_to_handle_at",
    "open_by_handle_at",
    // namespaces
    "setns",
    "unshare",
    // the kernel itself
    "init_module",
    "finit_module",
    "delete_module",
    "kexec_load",
    "kexec_file_load",
    "reboot",
    "acct",
    "syslog",
    "iopl",
    "ioperm",
    "bpf",
    "perf_event_open",
    "userfaultfd",
    "lookup_dcookie",
    "vhangup",
    // other processes
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "kcmp",
    "process_madvise",
    // keys and clocks
    "add_key",
    "request_key",
    "keyctl",
    "settimeofday",
    "clock_settime",
    "clock_adjtime",
    "adjtimex",
    "stime",
};

struct ReleaseFilter {
  void operator()(void* context) const { ::seccomp_release(context); }
};
using Context = std::unique_ptr<void, ReleaseFilter>;

Failure seccomp_failure(int negative_errno, std::string operation, std::string subject) {
  return system_failure(-negative_errno, std::move(operation), std::move(subject));
}

Result<void> add_rule(const Context& context, std::uint32_t action, const char* call) {
  const int number = ::seccomp_syscall_resolve_name(call);
  if (number < 0) return {};  // unknown here: nothing to refuse
  if (const int result = ::seccomp_rule_add(context.get(), action, number, 0); result != 0) {
    return seccomp_failure(result, "add a filter rule for", call);
  }
  return {};
}

Result<std::vector<sock_filter>> export_program(const Context& context) {
  const Fd memory(::memfd_create("filter", MFD_CLOEXEC));
  if (!memory) return system_failure("create", "memory file for the syscall filter");
  if (const int result = ::seccomp_export_bpf(context.get(), memory.get()); result != 0) {
    return seccomp_failure(result, "generate", "syscall filter");
  }
  const off_t size = ::lseek(memory.get(), 0, SEEK_END);
  std::vector<sock_filter> program(static_cast<std::size_t>(size) / sizeof(sock_filter));
  if (::pread(memory.get(), program.data(), static_cast<std::size_t>(size), 0) != size) {
    return system_failure("read back", "syscall filter");
  }
  return program;
}

}  // namespace

Result<std::vector<sock_filter>> make_filter(ListenTrap trap, Refusal refusal) {
  const Context context(::seccomp_init(SCMP_ACT_ALLOW));
  if (!context) return failure("initialise", "libseccomp", "out of memory");
  // A foreign architecture's calls (32-bit, x32) pass: a filter that only watches must not change what a program can
  // do.
  ::seccomp_attr_set(context.get(), SCMP_FLTATR_ACT_BADARCH,
                     refusal == Refusal::yes ? SCMP_ACT_ERRNO(ENOSYS) : SCMP_ACT_ALLOW);
  ::seccomp_attr_set(context.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);  // a binary tree, not a list
  if (trap == ListenTrap::yes) {
    TRY(add_rule(context, SCMP_ACT_NOTIFY, "listen"));
    TRY(add_rule(context, SCMP_ACT_NOTIFY, "io_uring_setup"));
  }
  if (refusal == Refusal::yes) {
    for (const char* call : kRefused) TRY(add_rule(context, SCMP_ACT_ERRNO(EPERM), call));
  }
  return export_program(context);
}

bool kernel_has_filter_flag(unsigned long flag) {
  // The program is looked at after the flags: EFAULT says that the flags were accepted. Nothing is ever installed.
  return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flag, nullptr) != 0 && errno == EFAULT;
}

void add_filter_step(StepList& steps, const std::vector<sock_filter>& filter, ListenTrap trap) {
  // SPEC_ALLOW: before 5.16 a filter would otherwise switch on speculation mitigations and slow the function down.
  unsigned long flags = SECCOMP_FILTER_FLAG_SPEC_ALLOW;
  if (trap == ListenTrap::yes) {
    flags |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
    if (kernel_has_filter_flag(flags | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV))
      flags |= SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
  }
  const sock_fprog program{
      .len = static_cast<unsigned short>(filter.size()),
      .filter = reinterpret_cast<sock_filter*>(steps.keep_bytes(filter.data(), filter.size() * sizeof(sock_filter)))};
  Step& step =
      steps.add("install the syscall filter", SYS_seccomp,
                {SECCOMP_SET_MODE_FILTER, static_cast<long>(flags), steps.keep_bytes(&program, sizeof program)});
  if (trap == ListenTrap::yes) step.keeps = Step::Keep::listener;
}

std::vector<std::string> refused_calls() { return {kRefused.begin(), kRefused.end()}; }

}  // namespace frostbyte::sandbox
