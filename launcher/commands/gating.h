// `--budget FILE`: how every command turns budgets into checks and checks into its exit status. Read before anything is
// measured, so that a mistake in a budget file costs no measurement; judged on the finished report.
//
// Not here: what a limit means and when it is kept (results/gate).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "launcher/base/result.h"
#include "launcher/commands/exit_code.h"
#include "results/gate/gate.h"
#include "results/report/render.h"

namespace CLI {
class App;
}  // namespace CLI

namespace frostbyte::commands {

struct GatingFlags {
  std::vector<std::string> budgets;
  bool no_base = false;
};

/// Whether the command always has a base (compare) or may do without one (sweep, report, audit).
enum class BaseIs : std::uint8_t { always_there, optional };
void declare_gating(CLI::App& app, GatingFlags& flags, BaseIs base);

/// First parts of the ids of the metrics that launches give. Budgets on others are another command's to judge.
inline constexpr std::array<std::string_view, 12> kLaunchFamilies = {"launch", "memory",      "faults",   "switches",
                                                                     "cpu",    "disturbance", "response", "load",
                                                                     "scrape", "binary",      "calls",    "density"};

class Gating {
 public:
  /// `families` must outlive the object. Errors, all of them usage: gate::read_budgets', and a file that holds nothing
  /// for this command.
  static Result<Gating> read(const GatingFlags& flags, std::span<const std::string_view> families);

  /// Before measuring: `names` of the subjects that will be judged. Errors (usage): a budget that watches none of them.
  [[nodiscard]] Result<void> check_subjects(std::span<const std::string> names) const;

  /// Appends one check a limit and subject to report.checks, then lets ignores cover checks, those that were there
  /// before included. Errors (usage): as check_subjects.
  Result<void> judge(report::Report& report) const;

  /// One sentence about budgets that are not this command's; empty without.
  [[nodiscard]] const std::string& note() const { return note_; }

 private:
  gate::Budgets budgets_;
  std::span<const std::string_view> families_;
  gate::NoBase no_base_ = gate::NoBase::fails;
  std::string note_;
};

/// `so_far` when that is not pass: what could not be measured or was interrupted says more than a gate. Else what the
/// checks amount to: pass, gate_failed or inconclusive.
ExitCode gated(ExitCode so_far, std::span<const gate::Check> checks);

}  // namespace frostbyte::commands
