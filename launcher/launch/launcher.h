// One launch, by phases. What happens in which order is METHOD.md's numbered list, and Launcher::launch reads like it.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "launcher/base/fd.h"
#include "launcher/base/result.h"
#include "launcher/contract/client.h"
#include "launcher/contract/contract.h"
#include "launcher/launch/disturbance.h"
#include "launcher/launch/kernel_stamps.h"
#include "launcher/launch/memory.h"
#include "launcher/launch/target.h"
#include "launcher/sandbox/slot.h"
#include "launcher/sandbox/spawn.h"
#include "results/record/sample.h"

namespace frostbyte::launch {

/// What one launch needs, made before its clock starts.
struct Prepared {
  sandbox::Slot slot;
  std::unique_ptr<contract::Contract> contract;
  Pipe errors;  ///< the function's stderr
};

struct LauncherOptions {
  std::vector<int> cpus;  ///< every CPU a function may run on, and the launcher's own: where kernel stamps are taken
  contract::Waiting waiting = contract::Waiting::spinning;
  bool kernel_stamps = true;
  const std::atomic<bool>* interrupted = nullptr;  ///< ends a load phase, which is long
  std::optional<std::string> cgroup_parent;
  bool needs_cgroups = true;
};

class Launcher {
 public:
  /// Errors: the launcher's own needs (descriptors, a stack). Missing perf or cgroups are not errors: samples say so.
  static Result<std::unique_ptr<Launcher>> create(const LauncherOptions& options);
  ~Launcher();

  /// Off the clock; may be called by several threads at a time. Errors are the launcher's own or a sandbox this host
  /// cannot make.
  Result<Prepared> prepare(const Target& target) const { return prepare(target, target.setting().limits); }
  /// The same under other limits than the target's.
  Result<Prepared> prepare(const Target& target, const sandbox::Limits& limits) const;

  /// The launch itself. A function that fails is a Sample; an Error means that the launcher cannot go on.
  Result<record::Sample> launch(Target& target, Prepared prepared);

  /// A launch whose system calls are counted up to its first response, and nothing else: a Sample with `calls.*` and
  /// neither stamps nor other values, or one that says how it failed. Never part of what is timed.
  Result<record::Sample> census(Target& target, Prepared prepared);

  /// Off the clock: launches an instance that stays and stands idle, until it is dismissed. A Sample that is not ok
  /// says how it failed, and nothing is left of it. The target must outlive it; its isolation has a pid namespace.
  Result<record::Sample> add_companion(Target& target, Prepared prepared);
  [[nodiscard]] std::size_t companions() const { return companions_.size(); }
  /// What they hold together, by page tables or by their cgroups, whichever is more.
  [[nodiscard]] Bytes held_by_companions() const;
  /// Ends the last ones until `keep` are left. Errors: one that could not be ended or cleared away; the others were.
  Result<void> dismiss_companions(std::size_t keep);
  /// Sees to what idle instances want of the launcher. The number, from 1, of one that has ended; 0: none has.
  std::size_t attend_companions();

  /// Off the clock: releases a prepared slot that is not going to be launched.
  Result<void> discard(Prepared prepared) { return graveyard_.bury(std::move(prepared.slot)); }

  /// Off the clock: lets the kernel take the used network namespaces apart, and waits until it has.
  void empty_graveyard();

  [[nodiscard]] const sandbox::CgroupFactory* cgroups() const { return cgroups_.get(); }
  /// Why there are no kernel stamps; empty when there are.
  [[nodiscard]] const std::string& kernel_stamps_missing() const { return kernel_stamps_missing_; }

 private:
  struct Attempt;  // a launch under way
  Launcher(sandbox::ChildStack stack, sandbox::HomeNetwork home, sandbox::HomeMounts home_mounts);

  Result<void> enter_network(Attempt& attempt);
  Result<void> spawn(Attempt& attempt);
  Result<void> converse(Attempt& attempt);
  void sample_memory(Attempt& attempt);
  Figures company_memory(const Attempt* newest) const;
  void put_density(Attempt& attempt, const Figures& before) const;
  Result<void> revisit_memory(Attempt& attempt);
  Result<void> make_requests(Attempt& attempt, std::uint32_t count);
  void rest(Attempt& attempt, Nanos time, const contract::Conclusion& ended);
  static void resume(Attempt& attempt);
  static Result<void> read_memory_at(Attempt& attempt, std::string_view event);
  Result<void> apply_load(Attempt& attempt);
  Result<void> settle_after_load(Attempt& attempt);
  Result<void> read_metrics_page(Attempt& attempt, const std::vector<pid_t>& processes);
  Result<void> stop(Attempt& attempt);
  void explain(Attempt& attempt);
  void collect(Attempt& attempt);
  Result<void> tear_down(Attempt& attempt);
  void reap_strays();

  sandbox::ChildStack stack_;
  sandbox::HomeNetwork home_;
  sandbox::HomeMounts home_mounts_;
  Fd null_;      // the function's stdin and stdout
  Fd reserved_;  // keeps descriptor 3 taken, so that no descriptor of ours is ever 3
  // Low numbers under which a launch's stderr and listening socket are handed to its child, and /dev/null in between.
  Fd errors_place_, listener_place_;
  std::optional<contract::StampingKeeper> stamping_;
  std::optional<KernelStamps> kernel_stamps_;
  std::string kernel_stamps_missing_;
  std::unique_ptr<sandbox::CgroupFactory> cgroups_;
  sandbox::Graveyard graveyard_;
  std::vector<std::unique_ptr<Attempt>> companions_;
  DisturbanceMeter disturbance_;
  contract::Waiting waiting_ = contract::Waiting::spinning;
  const std::atomic<bool>* interrupted_ = nullptr;
  Nanos clock_cost_{};
};

}  // namespace frostbyte::launch
