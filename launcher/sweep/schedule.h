// Which launch comes next: warm-ups, then rounds, without the launches a resumed run already has and without variants
// that were stopped. Not here: making launches, and time (sweep.h).
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "launcher/sweep/plan.h"
#include "results/record/run.h"

namespace frostbyte::sweep {

/// One entry of the schedule.
struct Launch {
  std::uint32_t variant = 0;
  std::uint32_t round = 0;
  bool warmup = false;
  bool operator==(const Launch&) const = default;
};

/// Decides when a variant is not worth launching any more: its first `max_failures` launches all failed with the same
/// outcome. A variant that did anything else once is never stopped.
class FailureRule {
 public:
  FailureRule(std::uint32_t max_failures, std::size_t variants) : most_(max_failures), of_(variants) {}

  /// True when this very launch is the one that stops its variant.
  bool record(std::uint32_t variant, record::Outcome outcome);
  [[nodiscard]] bool stopped(std::uint32_t variant) const { return remaining(variant) == 0; }
  /// Launches that can be made before the rule may stop the variant: UINT32_MAX when it never will.
  [[nodiscard]] std::uint32_t remaining(std::uint32_t variant) const;

 private:
  struct State {
    std::uint32_t failures = 0;
    record::Outcome outcome = record::Outcome::ok;
    bool proven = false;
  };
  std::uint32_t most_;
  std::vector<State> of_;
};

/// What was launched before, for --resume.
class History {
 public:
  explicit History(std::size_t variants = 0) : rounds_(variants) {}
  /// Of a run whose variants are those of the plan, in the plan's order.
  static History of(const record::Run& run);
  void add(std::uint32_t variant, const record::Row& launch);
  [[nodiscard]] bool has(std::uint32_t variant, std::uint32_t round) const;
  /// Measured rounds that this variant has.
  [[nodiscard]] std::uint32_t rounds(std::uint32_t variant) const;
  [[nodiscard]] std::uint64_t next_sequence() const { return next_sequence_; }
  /// (variant, outcome) in launch order, to bring a FailureRule up to date.
  [[nodiscard]] const std::vector<std::pair<std::uint32_t, record::Outcome>>& outcomes() const { return outcomes_; }

 private:
  std::vector<std::vector<bool>> rounds_;
  std::vector<std::pair<std::uint32_t, record::Outcome>> outcomes_;
  std::uint64_t next_sequence_ = 0;
};

/// The plan must outlive the schedule.
class Schedule {
 public:
  /// A resumed run warms up again: what a warm-up brings about was lost in between. When nothing is left to measure, it
  /// does not.
  Schedule(const Plan& plan, const History& history);

  /// The next launches, at most `most` (>= 1), empty at the end of the plan, or when all measured rounds before
  /// `end_round` are made. No batch holds more launches of a variant than the failure rule may allow, because what is
  /// prepared is launched.
  std::vector<Launch> next_batch(std::uint32_t most, std::uint32_t end_round = kUnlimitedRuns);

  /// To be called after each launch. True when it stopped its variant.
  bool record(const Launch& launch, record::Outcome outcome);

  /// Launches still to come, warm-ups included; nothing when only time ends the sweep.
  [[nodiscard]] std::optional<std::uint64_t> remaining() const;

 private:
  [[nodiscard]] bool skipped(const Launch& launch) const;
  /// Moves to the next launch that is to be made; false at the end.
  bool settle();
  [[nodiscard]] std::uint32_t rounds() const { return warming_ ? plan_.warmup : plan_.runs; }
  void start_round();
  [[nodiscard]] std::uint64_t to_measure() const;

  const Plan& plan_;
  const History& history_;
  FailureRule rule_;
  std::vector<std::uint32_t> measured_;  // per variant, with the history's
  std::vector<std::uint32_t> warmed_;    // per variant, this time
  std::vector<std::uint32_t> order_;     // of the current round
  std::size_t at_ = 0;                   // in `order_`
  std::uint32_t round_ = 0;
  bool warming_ = true;
};

}  // namespace frostbyte::sweep
