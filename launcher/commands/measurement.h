// What commands that launch have in common: from flags and a plan to an executor, a header and samples in a file.
//
// Not here: which command asks for what, and what is said of the results.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "launcher/commands/command.h"
#include "launcher/commands/commands.h"
#include "launcher/commands/step.h"
#include "launcher/commands/sweep_flags.h"
#include "launcher/sweep/schedule.h"
#include "launcher/sweep/sweep.h"
#include "results/record/run.h"
#include "results/record/run_writer.h"

namespace frostbyte::commands {

/// The three must outlive it.
class Measurement {
 public:
  Measurement(const SweepFlags& flags, const Invocation& invocation, const SweepEnvironment& environment)
      : flags_(flags), invocation_(invocation), environment_(environment) {}

  /// True when the command line names nothing to launch.
  [[nodiscard]] bool names_nothing() const;

  /// The plan the flags describe; `seed` is used when they give none. Notes what the host cannot give.
  [[nodiscard]] Step<sweep::Plan> read_plan(std::uint64_t seed) const;

  [[nodiscard]] Result<std::unique_ptr<sweep::Executor>> make_executor(const sweep::Plan& plan,
                                                                       const sweep::ExecutorOptions& options) const;

  /// With --by allocator: that every variant has the allocator of its label. Notes what it rests on; nothing is asked of
  /// made-up launches.
  [[nodiscard]] Result<void> prove_allocators(const sweep::Plan& plan, const sweep::ExecutorOptions& options) const;

  [[nodiscard]] record::Header header(const sweep::Plan& plan, const sweep::ExecutorOptions& options) const;

  /// With --census: counts each variant's system calls, in launches of their own, into the header.
  Result<void> take_census(const sweep::Plan& plan, sweep::Executor& executor, record::Header& header) const;

  /// Launches what of the plan is not in `history`, with a progress line and heeding Ctrl-C. `enough` may be empty.
  Result<sweep::SweepResult> launch_all(const sweep::Plan& plan, sweep::Executor& executor, record::RunWriter& writer,
                                        const sweep::History& history,
                                        const std::function<Result<bool>()>& enough) const;

  /// Says which variants were stopped because they only failed.
  void note_stopped(const record::Run& run) const;

  /// On standard error, unless --quiet.
  void note(const std::string& text) const;

 private:
  [[nodiscard]] Step<std::vector<sandbox::Isolation>> isolations() const;

  const SweepFlags& flags_;
  const Invocation& invocation_;
  const SweepEnvironment& environment_;
};

/// Of its variants.
std::vector<std::string> names_of(const sweep::Plan& plan);

/// True when launches were measured and none was valid.
bool every_launch_failed(const record::Run& run);

}  // namespace frostbyte::commands
