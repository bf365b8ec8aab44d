#include "launcher/sandbox/recipe.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "launcher/sandbox/privileges.h"
#include "launcher/sandbox/user_namespace.h"

namespace frostbyte::sandbox {
namespace {

constexpr const char* kHostName = "frostbyte";

std::uint64_t clone_flags_of(const Isolation& isolation) {
  // The network namespace is not among them: the launching thread is already in it. The cgroup namespace is made by the
  // child once it is in its cgroup, else its root would be the launcher's.
  std::uint64_t flags = 0;
  if (isolation.has(Part::mount)) flags |= CLONE_NEWNS;
  if (isolation.has(Part::pid)) flags |= CLONE_NEWPID;
  if (isolation.has(Part::ipc)) flags |= CLONE_NEWIPC;
  if (isolation.has(Part::uts)) flags |= CLONE_NEWUTS;
  if (isolation.has(Part::user)) flags |= CLONE_NEWUSER;
  return flags;
}

/// The function dies with the launcher, whatever happens to the launcher.
void add_death_steps(StepList& steps, int launcher_pidfd) {
  steps.add("ask to die with the launcher", SYS_prctl, {PR_SET_PDEATHSIG, SIGKILL});
  pollfd launcher{.fd = launcher_pidfd, .events = POLLIN, .revents = 0};
  steps.add("see that the launcher still lives", SYS_poll, {steps.keep_bytes(&launcher, sizeof launcher), 1, 0})
      .success = Step::Success::zero;
}

/// A session of its own: a Ctrl-C at the terminal is for the launcher.
void add_session_step(StepList& steps) { steps.add("start a session", SYS_setsid, {}); }

void add_affinity_step(StepList& steps, const std::vector<int>& cpus) {
  if (cpus.empty()) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int cpu : cpus) CPU_SET(cpu, &set);
  steps.add("settle on the function's CPUs", SYS_sched_setaffinity,
            {0, sizeof set, steps.keep_bytes(&set, sizeof set)});
}

void add_limit_step(StepList& steps, const std::string& what, int resource, rlimit limit) {
  steps.add(what, SYS_setrlimit, {resource, steps.keep_bytes(&limit, sizeof limit)});
}

void add_signal_steps(StepList& steps) {
  struct KernelAction {  // what rt_sigaction(2) itself takes; libc's struct differs
    void* handler;
    unsigned long flags;
    void* restorer;
    unsigned long mask;
  } const by_default{};
  // CLONE_CLEAR_SIGHAND resets handlers, but what the launcher's parent told it to ignore stays ignored.
  for (const int signal : {SIGPIPE, SIGHUP, SIGINT, SIGQUIT, SIGTERM}) {
    steps.add("reset signal handling", SYS_rt_sigaction,
              {signal, steps.keep_bytes(&by_default, sizeof by_default), 0, sizeof by_default.mask});
  }
  const unsigned long none = 0;
  steps.add("unblock signals", SYS_rt_sigprocmask, {SIG_SETMASK, steps.keep_bytes(&none, sizeof none), 0, sizeof none});
}

}  // namespace

Result<Recipe> Recipe::make(SandboxSpec spec) {
  spec.root.proc = spec.isolation.has(Part::pid) ? Proc::own : Proc::inherited;
  // Inside a user namespace mknod is refused, whoever made the namespace.
  if (spec.isolation.has(Part::user)) spec.root.devices = DeviceNodes::bind;
  Recipe recipe(std::move(spec));
  recipe.launcher_ = Fd(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)));
  if (!recipe.launcher_) return system_failure("open", "a pidfd of the launcher");
  recipe.clone_flags_ = clone_flags_of(recipe.spec_.isolation);
  TRY(recipe.lay_out_arrival());
  TRY(recipe.lay_out_surrender());
  return recipe;
}

Result<void> Recipe::lay_out_arrival() {
  add_death_steps(arrival_, launcher_.get());
  add_session_step(arrival_);
  add_affinity_step(arrival_, spec_.cpus);
  add_limit_step(arrival_, "restore the limit of open files", RLIMIT_NOFILE, {spec_.open_files, spec_.open_files});
  // One byte, not zero: a core_pattern that pipes to a handler ignores zero, and its handler is slow.
  add_limit_step(arrival_, "switch off core dumps", RLIMIT_CORE, {1, 1});
  if (spec_.isolation.has(Part::user)) add_identity_steps(arrival_);
  if (spec_.isolation.has(Part::uts)) {
    arrival_.add("set the host name", SYS_sethostname,
                 {arrival_.keep(kHostName), static_cast<long>(std::string(kHostName).size())});
  }
  if (spec_.isolation.has(Part::mount)) return lay_out_root();
  arrival_.add("enter directory " + spec_.root.working_directory.string(), SYS_chdir,
               {arrival_.keep(spec_.root.working_directory)});
  return {};
}

/// A minimal root is built once where nobody can change it afterwards: a function without capabilities cannot remount
/// what is read-only. Inside a user namespace proc must be mounted beside another, which the shared root has not got.
Result<void> Recipe::lay_out_root() {
  const bool shares = spec_.root.kind == RootKind::minimal && spec_.isolation.has(Part::capabilities) &&
                      !spec_.isolation.has(Part::user) && spec_.root.devices == DeviceNodes::make;
  if (!shares) return add_root_steps(arrival_, spec_.root);
  StepList building;
  add_shared_root_steps(building, spec_.root);
  auto built = TRY(HomeMounts::here()).create(building);
  // What this process cannot do, its children will say with the launch that needed it.
  if (!built) return add_root_steps(arrival_, spec_.root);
  shared_root_ = std::move(*built);
  add_fresh_root_steps(arrival_, spec_.root);
  return {};
}

Result<void> Recipe::lay_out_surrender() {
  if (spec_.isolation.has(Part::cgroup_ns)) {
    surrender_.add("make a cgroup namespace", SYS_unshare, {CLONE_NEWCGROUP});
  }
  const Refusal refusal = spec_.isolation.has(Part::syscall_filter) ? Refusal::yes : Refusal::no;
  const bool filters = spec_.trap == ListenTrap::yes || refusal == Refusal::yes;
  // An unprivileged process may not install a filter without it.
  if (spec_.isolation.has(Part::no_new_privs) || (filters && !can_filter_freely())) add_no_new_privs_step(surrender_);
  if (filters) add_filter_step(surrender_, TRY(make_filter(spec_.trap, refusal)), spec_.trap);
  if (spec_.isolation.has(Part::capabilities)) {
    add_capability_steps(surrender_, spec_.isolation.has(Part::user) ? BoundingSet::full : BoundingSet::inherited);
  }
  add_signal_steps(surrender_);
  return {};
}

std::string Recipe::path_inside(const std::filesystem::path& host_path) const {
  return spec_.isolation.has(Part::mount) ? inside_root(spec_.root, host_path).string() : host_path.string();
}

}  // namespace frostbyte::sandbox
