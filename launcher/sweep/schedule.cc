#include "launcher/sweep/schedule.h"

#include <algorithm>

namespace frostbyte::sweep {

bool FailureRule::record(std::uint32_t variant, record::Outcome outcome) {
  State& state = of_[variant];
  if (state.proven || stopped(variant)) return false;
  if (outcome == record::Outcome::ok || (state.failures > 0 && outcome != state.outcome)) {
    state.proven = true;
    return false;
  }
  state.outcome = outcome;
  ++state.failures;
  return stopped(variant);
}

std::uint32_t FailureRule::remaining(std::uint32_t variant) const {
  const State& state = of_[variant];
  if (most_ == 0 || state.proven) return UINT32_MAX;
  return most_ - std::min(state.failures, most_);
}

void History::add(std::uint32_t variant, const record::Row& launch) {
  next_sequence_ = launch.sequence + 1;
  outcomes_.emplace_back(variant, launch.outcome);
  if (launch.warmup) return;
  auto& rounds = rounds_[variant];
  if (rounds.size() <= launch.round) rounds.resize(launch.round + std::size_t{1});
  rounds[launch.round] = true;
}

History History::of(const record::Run& run) {
  History history(run.variants().size());
  std::vector<std::size_t> next(run.variants().size(), 0);
  for (const std::uint32_t variant : run.order()) history.add(variant, run.variants()[variant].rows[next[variant]++]);
  return history;
}

std::uint32_t History::rounds(std::uint32_t variant) const {
  return variant < rounds_.size() ? static_cast<std::uint32_t>(std::ranges::count(rounds_[variant], true)) : 0;
}

bool History::has(std::uint32_t variant, std::uint32_t round) const {
  return variant < rounds_.size() && round < rounds_[variant].size() && rounds_[variant][round];
}

Schedule::Schedule(const Plan& plan, const History& history)
    : plan_(plan),
      history_(history),
      rule_(plan.max_failures, plan.variants.size()),
      measured_(plan.variants.size()),
      warmed_(plan.variants.size()) {
  for (const auto& [variant, outcome] : history.outcomes()) rule_.record(variant, outcome);
  for (std::uint32_t variant = 0; variant < measured_.size(); ++variant) measured_[variant] = history.rounds(variant);
  if (to_measure() == 0) round_ = plan.warmup;
  start_round();
}

void Schedule::start_round() {
  at_ = 0;
  order_.clear();
  if (warming_ && round_ >= plan_.warmup) {
    warming_ = false;
    round_ = 0;
  }
  if (round_ < rounds()) order_ = round_order(plan_, round_);
}

bool Schedule::skipped(const Launch& launch) const {
  const std::uint32_t left = rule_.remaining(launch.variant);
  // The launch that stops a variant must be a measured one: a failure is a row, and a warm-up is none.
  if (launch.warmup) return left <= 1;
  return left == 0 || history_.has(launch.variant, launch.round);
}

bool Schedule::settle() {
  while (round_ < rounds()) {
    for (; at_ < order_.size(); ++at_)
      if (!skipped({.variant = order_[at_], .round = round_, .warmup = warming_})) return true;
    if (!warming_ && std::ranges::all_of(order_, [&](std::uint32_t variant) { return rule_.stopped(variant); }))
      return false;
    ++round_;
    start_round();
  }
  return false;
}

std::vector<Launch> Schedule::next_batch(std::uint32_t most, std::uint32_t end_round) {
  std::vector<Launch> batch;
  std::vector<std::uint32_t> held(plan_.variants.size(), 0);
  while (batch.size() < most && settle() && (warming_ || round_ < end_round)) {
    const Launch next{.variant = order_[at_], .round = round_, .warmup = warming_};
    const std::uint32_t left = rule_.remaining(next.variant);
    // With all of this batch failed, would the rule still want this launch?
    if (left != UINT32_MAX && held[next.variant] + (next.warmup ? 1u : 0u) >= left) break;
    ++held[next.variant];
    ++at_;
    batch.push_back(next);
  }
  return batch;
}

bool Schedule::record(const Launch& launch, record::Outcome outcome) {
  ++(launch.warmup ? warmed_ : measured_)[launch.variant];
  return rule_.record(launch.variant, outcome);
}

std::uint64_t Schedule::to_measure() const {
  std::uint64_t launches = 0;
  for (std::uint32_t variant = 0; variant < measured_.size(); ++variant)
    if (!rule_.stopped(variant)) launches += plan_.runs - std::min(plan_.runs, measured_[variant]);
  return launches;
}

std::optional<std::uint64_t> Schedule::remaining() const {
  if (plan_.runs == kUnlimitedRuns) return std::nullopt;
  std::uint64_t launches = to_measure();
  for (std::uint32_t variant = 0; warming_ && variant < warmed_.size(); ++variant)
    if (!rule_.stopped(variant)) launches += plan_.warmup - std::min(plan_.warmup, warmed_[variant]);
  return launches;
}

}  // namespace frostbyte::sweep
