#include "results/record/run.h"

#include <algorithm>

#include "results/metric/metric.h"
#include "results/record/json.h"

namespace frostbyte::record {
namespace {

/// The metric's column, filled up with missing cells to just before the current row.
std::vector<std::int64_t>& column(VariantData& variant, std::string_view metric) {
  auto found = variant.columns.find(metric);
  if (found == variant.columns.end())
    found = variant.columns.emplace(std::string(metric), std::vector<std::int64_t>()).first;
  if (found->second.size() + 1 < variant.rows.size()) found->second.resize(variant.rows.size() - 1, kMissing);
  return found->second;
}

void set_cell(VariantData& variant, std::string_view metric, std::int64_t value) {
  column(variant, metric).push_back(value);
}

/// As the file would hold it, so that a run in memory and the same run read back give one report.
void count_failure(VariantData& variant, const Sample& sample) {
  const std::string detail = to_utf8(sample.detail);
  const auto same = [&](const FailureKind& kind) { return kind.outcome == sample.outcome && kind.detail == detail; };
  const auto found = std::ranges::find_if(variant.failures, same);
  if (found != variant.failures.end()) {
    ++found->count;
  } else if (variant.failures.size() < kMaxFailureKinds) {
    variant.failures.push_back({.outcome = sample.outcome,
                                .detail = detail,
                                .phase = sample.phase,
                                .stderr_tail = to_utf8(sample.stderr_tail),
                                .first_sequence = sample.sequence,
                                .count = 1});
  } else {
    ++variant.failures_of_other_kinds;
  }
}

void count_measured(VariantData& variant, const Sample& sample) {
  ++variant.outcomes[static_cast<std::size_t>(sample.outcome)];
  if (sample.outcome != Outcome::ok) count_failure(variant, sample);
  for (const std::string& flag : sample.flags) ++variant.flags[flag];
  for (const auto& [stamp, source] : sample.sources) ++variant.sources[stamp][source];
}

/// Warm-ups are numbered apart, and a resumed run warms up again.
bool goes_back(const VariantData& variant, const Sample& sample) {
  return !variant.rows.empty() && !sample.warmup && !variant.rows.back().warmup &&
         sample.round < variant.rows.back().round;
}

/// A later stamp lies before an earlier one by more than both may be wrong.
bool is_impossible(std::int64_t interval, std::int64_t error) {
  constexpr std::int64_t kMostError = 1'000'000'000;  // a stated error beyond a second excuses nothing
  return interval < -2 * std::clamp<std::int64_t>(error, 0, kMostError);
}

bool has_stamps(const metric::Interval& interval, const Sample& sample) {
  return sample.stamps.contains(std::string(interval.from)) && sample.stamps.contains(std::string(interval.to));
}

std::string differs(std::string_view what, std::uint64_t stated, std::uint64_t found) {
  return "the end states " + std::to_string(stated) + " " + std::string(what) + ", the file holds " +
         std::to_string(found);
}

}  // namespace

Result<Run> Run::start(Header header) {
  Run run(std::move(header));
  for (std::uint32_t i = 0; i < run.header_.variants.size(); ++i) {
    const std::string& name = run.header_.variants[i].name;
    if (!run.index_.emplace(name, i).second)
      return failure("start run with variant", name, "two variants have this name");
  }
  return run;
}

Result<Run> Run::build(Header header, std::span<const Sample> samples, std::optional<EndReason> reason) {
  Run run = TRY(start(std::move(header)));
  for (const Sample& sample : samples) TRY(run.add(sample));
  if (reason) {
    End end = run.counts();
    end.reason = *reason;
    TRY(run.finish(end));
  }
  return run;
}

Result<void> Run::add(const Sample& sample) {
  const auto refuse = [&](std::string cause) {
    return failure("use sample", std::to_string(sample.sequence), std::move(cause));
  };
  if (end_) return refuse("it comes after the end of the run");
  if (sample.sequence < counts_.samples) return refuse("its sequence number is duplicated or out of order");
  if (sample.sequence > counts_.samples) {
    return refuse("sample " + std::to_string(counts_.samples) + " is missing before it, or the order was changed");
  }
  const auto found = index_.find(sample.variant);
  if (found == index_.end()) return refuse("its variant '" + sample.variant + "' is not in the run's plan");

  VariantData& variant = variants_[found->second];
  if (goes_back(variant, sample)) return refuse("its round comes before that of its variant's last launch");
  variant.rows.push_back(
      {.sequence = sample.sequence, .round = sample.round, .outcome = sample.outcome, .warmup = sample.warmup});
  order_.push_back(found->second);
  ++counts_.samples;
  if (sample.warmup) {
    ++variant.warmups;
    ++counts_.warmups;
  } else {
    count_measured(variant, sample);
    ++counts_.outcomes[static_cast<std::size_t>(sample.outcome)];
  }
  if (sample.outcome == Outcome::ok) add_values(variant, sample);
  for (auto& [metric, cells] : variant.columns) cells.resize(variant.rows.size(), kMissing);
  return {};
}

void Run::add_values(VariantData& variant, const Sample& sample) {
  for (const metric::Interval& interval : metric::intervals()) {
    const auto value = metric::measure(interval, sample.stamps);
    if (value && !is_impossible(*value, sample.error_ns)) {
      set_cell(variant, interval.metric, *value);
    } else if (value || has_stamps(interval, sample)) {  // the latter: a difference beyond 64 bits
      leave_out(sample, interval.metric);
    }
  }
  if (sample.error_ns < 0) leave_out(sample, metric::kError);
  if (sample.error_ns > 0) set_cell(variant, metric::kError, sample.error_ns);  // 0 is "not stated", never "exact"
  for (const auto& [metric, value] : sample.values) {
    if (value < 0) {
      leave_out(sample, metric);
      continue;
    }
    // Stamps are the raw measurement: an interval computed from them stands above a value of the same name.
    std::vector<std::int64_t>& cells = column(variant, metric);
    if (cells.size() < variant.rows.size()) cells.push_back(value);
  }
  for (const auto& [metric, reason] : sample.unavailable) variant.unavailable.emplace(metric, reason);
}

void Run::leave_out(const Sample& sample, std::string_view metric) {
  if (left_out_++ == 0) {
    left_out_note_ = notes_.size();
    notes_.push_back("the " + std::string(metric) + " of sample " + std::to_string(sample.sequence) +
                     " cannot be what the file says: it was left out");
    return;
  }
  std::string& note = notes_[left_out_note_];
  note = note.substr(0, note.find(", as ")) + ", as " + std::to_string(left_out_ - 1) + " more such values were";
}

Result<void> Run::finish(const End& end) {
  const auto refuse = [&](std::string cause) { return failure("use", "end of the run", std::move(cause)); };
  if (end_) return refuse("there was an end before");
  if (end.samples != counts_.samples) return refuse(differs("samples", end.samples, counts_.samples));
  if (end.warmups != counts_.warmups) return refuse(differs("warm-ups", end.warmups, counts_.warmups));
  for (std::size_t i = 0; i < kOutcomes; ++i) {
    if (end.outcomes[i] == counts_.outcomes[i]) continue;
    return refuse(differs(to_string(static_cast<Outcome>(i)), end.outcomes[i], counts_.outcomes[i]));
  }
  end_ = end;
  return {};
}

}  // namespace frostbyte::record
