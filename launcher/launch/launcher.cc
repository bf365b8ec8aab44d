#include "launcher/launch/launcher.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "launcher/launch/attempt.h"
#include "launcher/launch/outcome.h"

namespace frostbyte::launch {
namespace {

/// How long a killed process may take to go: one that is stuck in the kernel would otherwise hold the sweep.
constexpr Nanos kKillPatience = std::chrono::seconds(10);
constexpr Nanos kCrashPatience = std::chrono::milliseconds(20);
constexpr int kListenFdsStart = 3;

/// The cost of one clock read: below this, two stamps cannot be told apart.
Nanos measure_clock_cost() {
  std::array<Nanos, 64> costs;
  for (Nanos& cost : costs) {
    const Instant first = MonotonicClock::now();
    cost = MonotonicClock::now() - first;
  }
  std::ranges::nth_element(costs, costs.begin() + costs.size() / 2);
  return costs[costs.size() / 2];
}

void set_stamp(record::Sample& sample, const char* name, Instant at, const char* source) {
  sample.stamps[name] = at.time_since_epoch().count();
  sample.sources[name] = source;
}

/// The conversation ended in a way that the end of the process would explain.
bool broke_off(const contract::Conclusion& conclusion) {
  return conclusion.end == contract::End::refused || conclusion.end == contract::End::wrong_response;
}

/// v1 cgroups are entered by the child itself: "0" means the writer, and a single thread needs no global lock.
sandbox::StepList join_steps(const sandbox::Cgroup* cgroup) {
  sandbox::StepList steps;
  if (cgroup == nullptr) return steps;
  for (const int fd : cgroup->join_fds()) steps.add("enter the cgroup", SYS_write, {fd, steps.keep("0"), 1});
  return steps;
}

/// The table of descriptors stops being the launcher's, everything in it closes at execve, and 0 to 3 are arranged.
/// `errors` and `listener` have low numbers. What lies above is left behind, not copied and marked: closing a batch's
/// hundreds of descriptors would be part of execve, and of the headline.
sandbox::StepList descriptor_steps(int null, int errors, int listener) {
  const int highest = std::max({null, errors, listener});
  sandbox::StepList steps;
  steps.add("take leave of the launcher's descriptors", SYS_close_range, {highest + 1, ~0U, CLOSE_RANGE_UNSHARE});
  steps.add("close the others at execve", SYS_close_range, {kListenFdsStart, ~0U, CLOSE_RANGE_CLOEXEC});
  steps.add("arrange stdin", SYS_dup2, {null, STDIN_FILENO});
  steps.add("arrange stdout", SYS_dup2, {null, STDOUT_FILENO});
  steps.add("arrange stderr", SYS_dup2, {errors, STDERR_FILENO});
  if (listener >= 0) steps.add("hand over the listening socket", SYS_dup2, {listener, kListenFdsStart});
  return steps;
}

}  // namespace

Result<std::unique_ptr<Launcher>> Launcher::create(const LauncherOptions& options) {
  std::unique_ptr<Launcher> launcher(new Launcher(TRY(sandbox::ChildStack::create()), TRY(sandbox::HomeNetwork::here()),
                                                  TRY(sandbox::HomeMounts::here())));
  launcher->null_ = TRY(open_file("/dev/null", O_RDWR));
  launcher->reserved_ = Fd(::fcntl(launcher->null_.get(), F_DUPFD_CLOEXEC, kListenFdsStart));
  if (launcher->null_.get() == kListenFdsStart) std::swap(launcher->null_, launcher->reserved_);
  for (Fd* place : {&launcher->errors_place_, &launcher->listener_place_})
    *place = Fd(::fcntl(launcher->null_.get(), F_DUPFD_CLOEXEC, kListenFdsStart + 1));
  launcher->stamping_.emplace(TRY(contract::StampingKeeper::create()));
  launcher->disturbance_ = DisturbanceMeter::open();
  launcher->waiting_ = options.waiting;
  launcher->interrupted_ = options.interrupted;
  launcher->clock_cost_ = measure_clock_cost();
  if (options.kernel_stamps) {
    auto stamps = KernelStamps::open(options.cpus);
    if (stamps)
      launcher->kernel_stamps_.emplace(std::move(*stamps));
    else
      launcher->kernel_stamps_missing_ = stamps.error().message();
  } else {
    launcher->kernel_stamps_missing_ = "switched off";
  }
  if (options.needs_cgroups) launcher->cgroups_ = TRY(sandbox::CgroupFactory::probe(options.cgroup_parent));
  // What a function leaves running without a pid namespace becomes our child and is reaped with the launch.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  return launcher;
}

Launcher::Launcher(sandbox::ChildStack stack, sandbox::HomeNetwork home, sandbox::HomeMounts home_mounts)
    : stack_(std::move(stack)), home_(std::move(home)), home_mounts_(std::move(home_mounts)) {}

Result<Prepared> Launcher::prepare(const Target& target, const sandbox::Limits& limits) const {
  Prepared prepared;
  // The contract's sockets belong to the slot's network, and the thread is there until `made` goes.
  sandbox::NewSlot made = TRY(sandbox::make_slot(target.recipe(), cgroups_.get(), limits, home_));
  prepared.slot = std::move(made.slot);
  prepared.contract = TRY(contract::open_contract(target.setting().contract, target.setting().terms));
  prepared.errors = TRY(make_pipe());
  ::fcntl(prepared.errors.read.get(), F_SETFL, O_NONBLOCK);
  return prepared;
}

// The launch, phase by phase. The numbers are METHOD.md's.
Result<record::Sample> Launcher::launch(Target& target, Prepared prepared) {
  Attempt attempt{.target = target, .prepared = std::move(prepared)};
  attempt.sample.variant = target.setting().name;
  const bool dense = target.setting().beside_others;
  const Figures before = dense ? company_memory(nullptr) : Figures();
  TRY(target.set_cache());  // 1. the page cache is in its regime, and proven so
  disturbance_.start();
  TRY(enter_network(attempt));
  TRY(spawn(attempt));     // 2. clone3; the child walks its steps and calls execve
  TRY(converse(attempt));  // 3., 4. ready, request, response
  attempt.inside.reset();
  sample_memory(attempt);  // 5. the clock has stopped: freeze, read
  if (dense && attempt.answered()) put_density(attempt, before);
  TRY(revisit_memory(attempt));  // if asked for: thaw, request again or idle, freeze, read
  TRY(apply_load(attempt));      // if asked for: thaw, load, read memory under load and after
  TRY(stop(attempt));            //    stop, reap
  explain(attempt);
  collect(attempt);
  TRY(tear_down(attempt));  // 6. cgroup removed, network namespace buried
  return std::move(attempt.sample);
}

// A launch without a clock: the same way to the first response, under a tracer that counts.
Result<record::Sample> Launcher::census(Target& target, Prepared prepared) {
  CallTrace trace = TRY(CallTrace::create());
  Attempt attempt{.target = target, .prepared = std::move(prepared), .trace = &trace};
  TRY(target.set_cache());
  TRY(enter_network(attempt));
  TRY(spawn(attempt));
  if (attempt.child.report.error == 0) trace.begin(attempt.child.pid);
  TRY(converse(attempt));
  attempt.inside.reset();
  if (broke_off(attempt.conclusion)) {  // it must go on to end as it would
    attempt.watch->set_deadline(MonotonicClock::now() + kCrashPatience);
    attempt.watch->wait(-1);
  }
  TRY(stop(attempt));
  explain(attempt);
  TRY(tear_down(attempt));
  record::Sample sample = std::move(attempt.sample);
  sample.variant = target.setting().name;
  sample.stamps.clear();
  sample.sources.clear();
  sample.values.clear();
  if (sample.outcome != record::Outcome::ok) return sample;
  for (const auto& [metric, count] : trace.counts())
    trace.problem().empty() ? (void)sample.values.emplace(metric, count)
                            : (void)sample.unavailable.emplace(metric, trace.problem());
  return sample;
}

/// The child is born into the network the launching thread is in; and a second socket, for IPv6 or probing, is made
/// there.
Result<void> Launcher::enter_network(Attempt& attempt) {
  const auto& network = attempt.prepared.slot.network;
  if (network) attempt.inside.emplace(TRY(home_.enter(*network)));
  return {};
}

Result<void> Launcher::spawn(Attempt& attempt) {
  const Prepared& prepared = attempt.prepared;
  const sandbox::Recipe& recipe = attempt.target.recipe();
  if (kernel_stamps_) kernel_stamps_->record(attempt.target.setting().instruments.kernel_stamps);
  const sandbox::Cgroup* cgroup = prepared.slot.cgroup.get();
  const Arguments arguments(attempt.target.setting(), *prepared.contract, recipe.isolation().has(sandbox::Part::pid));
  attempt.join = join_steps(cgroup);
  // Before the filter, which may refuse the call.
  if (attempt.trace != nullptr) attempt.join.add("be traced by the launcher", SYS_ptrace, {PTRACE_TRACEME});
  const int listener = prepared.contract->inherited_listener();
  attempt.descriptors = descriptor_steps(null_.get(), errors_place_.get(), listener < 0 ? -1 : listener_place_.get());
  const std::array lists = {recipe.arrival().steps(), attempt.join.steps(), recipe.surrender().steps(),
                            attempt.descriptors.steps()};
  const sandbox::ChildPlan plan{.lists = lists,
                                .listen_pid_digits = arguments.listen_pid_digits(),
                                .program = attempt.target.program_inside().c_str(),
                                .argv = arguments.argv(),
                                .envp = arguments.envp()};
  ::dup3(prepared.errors.write.get(), errors_place_.get(), O_CLOEXEC);
  if (listener >= 0) ::dup3(listener, listener_place_.get(), O_CLOEXEC);
  std::optional<sandbox::InMounts> among_shared;
  if (recipe.shared_root()) among_shared.emplace(TRY(home_mounts_.enter(*recipe.shared_root())));
  auto child = sandbox::spawn(plan, stack_, recipe.clone_flags(), cgroup == nullptr ? -1 : cgroup->clone_into_fd());
  among_shared.reset();
  // The child has its copies. Ours go: a pipe and a socket end only when the last copy does.
  ::dup3(null_.get(), errors_place_.get(), O_CLOEXEC);
  if (listener >= 0) ::dup3(null_.get(), listener_place_.get(), O_CLOEXEC);
  attempt.child = TRY(std::move(child));
  return {};
}

Result<void> Launcher::converse(Attempt& attempt) {
  attempt.prepared.errors.write.reset();
  const sandbox::Spawned& child = attempt.child;
  set_stamp(attempt.sample, "spawn", child.spawn, "launcher");
  CallTrace* trace = attempt.trace;
  attempt.watch.emplace(contract::Watch::Handles{.pid = child.pid,
                                                 .pidfd = child.pidfd.get(),
                                                 .notifications = child.listen_notifications.get(),
                                                 .stderr_read = attempt.prepared.errors.read.get(),
                                                 .attended = trace == nullptr ? -1 : trace->descriptor(),
                                                 .attend = [trace] { trace->attend(); }},
                        child.spawn + attempt.target.setting().timeout, waiting_);
  if (child.report.error != 0) {  // it never became the function
    attempt.conclusion = {.end = contract::End::exited, .phase = "exec"};
    return {};
  }
  set_stamp(attempt.sample, "exec", child.report.exec, "child");
  attempt.conclusion = TRY(attempt.prepared.contract->converse(*attempt.watch, attempt.timeline));
  return {};
}

void Launcher::sample_memory(Attempt& attempt) {
  if (!attempt.answered()) return;
  if (!attempt.target.setting().instruments.memory) {
    attempt.sample.unavailable["memory.rss"] = "switched off";
    return;
  }
  Figures figures;
  const sandbox::Cgroup* cgroup = attempt.prepared.slot.cgroup.get();
  const auto processes = launch_processes(attempt.child.pid, cgroup);
  if (processes) {
    if (!freeze(attempt.child.pidfd.get(), *processes)) attempt.sample.flags.emplace_back("not_frozen");
    read_process_memory(*processes, figures);
  } else {
    figures.unavailable["memory.rss"] = processes.error().message();
  }
  read_cgroup_memory(cgroup, figures);
  attempt.sample.values.merge(figures.values);
  attempt.sample.unavailable.merge(figures.unavailable);
}

Result<void> Launcher::stop(Attempt& attempt) {
  const Setting& setting = attempt.target.setting();
  const int pidfd = attempt.child.pidfd.get();
  if (attempt.conclusion.end == contract::End::exited) {
    attempt.ending = reap(pidfd, MonotonicClock::now() + kKillPatience);
    attempt.ended_by_itself = attempt.ending.reaped;
  } else if (broke_off(attempt.conclusion)) {
    // A process that crashes takes its connections down first: the reset is seen before the exit.
    attempt.ending = reap(pidfd, MonotonicClock::now() + kCrashPatience);
    attempt.ended_by_itself = attempt.ending.reaped;
  } else {
    attempt.stop_requested = MonotonicClock::now();
    if (setting.stop == Stop::term && attempt.answered() && attempt.trace == nullptr) {
      ::syscall(SYS_pidfd_send_signal, pidfd, SIGTERM, nullptr, 0);
      ::syscall(SYS_pidfd_send_signal, pidfd, SIGCONT, nullptr, 0);
      attempt.ending = reap(pidfd, MonotonicClock::now() + setting.stop_grace);
      if (!attempt.ending.reaped) attempt.sample.flags.emplace_back("killed_after_grace");
    }
  }
  if (!attempt.ending.reaped) {
    ::syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, nullptr, 0);
    if (attempt.trace != nullptr) attempt.trace->end(pidfd);
    attempt.ending = reap(pidfd, MonotonicClock::now() + kKillPatience);
  }
  if (!attempt.ending.reaped) {
    return failure("stop", setting.name,
                   "process " + std::to_string(attempt.child.pid) + " does not end, though killed",
                   "it is stuck in the kernel: see /proc/" + std::to_string(attempt.child.pid) + "/stack");
  }
  if (attempt.trace != nullptr) attempt.trace->end(pidfd);
  if (!attempt.target.recipe().isolation().has(sandbox::Part::pid)) reap_strays();
  return {};
}

void Launcher::explain(Attempt& attempt) {
  attempt.watch->drain_stderr();
  explain_outcome({.target = attempt.target,
                   .child = attempt.child,
                   .lists = {&attempt.target.recipe().arrival(), &attempt.join, &attempt.target.recipe().surrender(),
                             &attempt.descriptors},
                   .conclusion = attempt.conclusion,
                   .ended_by_itself = attempt.ended_by_itself,
                   .exit_status = attempt.ending.exit_status,
                   .exit_signal = attempt.ending.signal,
                   .cgroup = attempt.prepared.slot.cgroup.get(),
                   .stderr_tail = attempt.watch->stderr_tail()},
                  attempt.sample);
}

void Launcher::collect(Attempt& attempt) {
  record::Sample& sample = attempt.sample;
  const contract::Timeline& timeline = attempt.timeline;
  const auto set = [&](const char* name, const std::optional<contract::Mark>& mark) {
    if (mark) set_stamp(sample, name, mark->at, mark->source);
  };
  set("listen", timeline.listen);
  set("request", timeline.request);
  set("first_byte", timeline.first_byte);
  set("response", timeline.response);
  // An inherited socket listens from the start; by now the launcher has closed its own copy.
  if (attempt.target.setting().contract == function::ContractKind::listen_fds && sample.stamps.contains("exec")) {
    set_stamp(sample, "listen", attempt.child.report.exec, "child");
  }
  if (attempt.stop_requested) set_stamp(sample, "stop", *attempt.stop_requested, "launcher");
  set_stamp(sample, "exit", attempt.ending.seen, "pidfd");
  if (kernel_stamps_ && attempt.target.setting().instruments.kernel_stamps) {
    const KernelStamps::Stamps stamps = kernel_stamps_->collect(attempt.child.pid);
    if (stamps.committed) set_stamp(sample, "committed", *stamps.committed, "perf");
    if (stamps.exit) set_stamp(sample, "exit", *stamps.exit, "perf");
  } else {
    sample.unavailable["launch.exec_to_committed"] = kernel_stamps_ ? "switched off" : kernel_stamps_missing_;
  }
  sample.flags.insert(sample.flags.end(), timeline.flags.begin(), timeline.flags.end());
  if (attempt.target.is_warm_unproven()) sample.flags.emplace_back("warm_unproven");
  if (attempt.target.has_resident_shared_files()) sample.flags.emplace_back("shared_files_resident");
  if (!attempt.answered()) return;
  sample.error_ns = (timeline.response_error + clock_cost_).count();
  sample.values["launch.error"] = sample.error_ns;
  sample.values["launch.sandbox_setup"] = attempt.prepared.slot.setup.count();
  sample.values["response.bytes"] = static_cast<std::int64_t>(timeline.response_bytes);
  record_usage(attempt.child.report.usage_before_exec, attempt.ending.usage, sample);
  Figures figures;
  disturbance_.stop(figures);
  sample.values.merge(figures.values);
  sample.unavailable.merge(figures.unavailable);
}

Result<void> Launcher::tear_down(Attempt& attempt) {
  const Instant begin = MonotonicClock::now();
  attempt.prepared.contract.reset();
  attempt.child.listen_notifications.reset();
  TRY(graveyard_.bury(std::move(attempt.prepared.slot)));
  if (attempt.answered()) attempt.sample.values["launch.sandbox_teardown"] = (MonotonicClock::now() - begin).count();
  return {};
}

/// Without a pid namespace a function's own children outlive it; as subreaper the launcher has inherited them.
void Launcher::reap_strays() {
  const Instant deadline = MonotonicClock::now() + kKillPatience;
  for (;;) {
    siginfo_t info{};
    if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | __WALL) != 0) return;  // ECHILD: none left
    if (info.si_pid != 0) continue;
    for (const pid_t stray : own_children()) ::kill(stray, SIGKILL);
    if (MonotonicClock::now() > deadline) return;
  }
}

void Launcher::empty_graveyard() { graveyard_.empty(); }

}  // namespace frostbyte::launch
