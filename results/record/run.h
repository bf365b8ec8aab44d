// A run in memory: per variant one column of integers a metric, and what happened to the launches. 1,000,000 samples
// take a few hundred megabytes, because samples themselves are not kept.
//
// Not here: medians and everything else computed (results/stats, results/report).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "launcher/base/result.h"
#include "results/record/header.h"
#include "results/record/sample.h"

namespace frostbyte::record {

/// A cell of a column that has no value. Never a measured value: no metric comes near it.
inline constexpr std::int64_t kMissing = std::numeric_limits<std::int64_t>::min();

/// What is kept of a sample beside its values.
struct Row {
  std::uint64_t sequence = 0;
  std::uint32_t round = 0;
  Outcome outcome = Outcome::ok;
  bool warmup = false;
};

/// Failures of one kind: same outcome, same detail. At most kMaxFailureKinds kinds a variant are told apart.
struct FailureKind {
  Outcome outcome = Outcome::ok;
  std::string detail{};
  std::string phase{};
  std::string stderr_tail{};  ///< of the first one
  std::uint64_t first_sequence = 0;
  std::uint64_t count = 0;
};
inline constexpr std::size_t kMaxFailureKinds = 16;

/// Everything one variant gave, in launch order. All columns are as long as `rows`.
struct VariantData {
  std::vector<Row> rows;
  /// Metric id → one cell a row. Intervals are already computed from stamps. Failed launches have no values.
  std::map<std::string, std::vector<std::int64_t>, std::less<>> columns;
  /// Metric id → the first reason given for its absence.
  std::map<std::string, std::string, std::less<>> unavailable;
  OutcomeCounts outcomes{};  ///< measured samples, warm-ups not
  std::uint64_t warmups = 0;
  std::vector<FailureKind> failures;           ///< measured samples, in order of first appearance
  std::uint64_t failures_of_other_kinds = 0;   ///< those beyond kMaxFailureKinds kinds
  std::map<std::string, std::uint64_t> flags;  ///< flag → measured samples that carry it
  /// Stamp → source → measured samples: listen → seccomp → 500.
  std::map<std::string, std::map<std::string, std::uint64_t>> sources;
};

class Run {
 public:
  /// Errors: two variants of one name.
  static Result<Run> start(Header header);
  /// A run of samples that are already in memory, e.g. for a table without a file.
  static Result<Run> build(Header header, std::span<const Sample> samples, std::optional<EndReason> reason = {});

  /// Errors: not the next sequence number (duplicated, reordered, missing), unknown variant, a round before that of the
  /// variant's last launch, after the end. Values that cannot be (stamps in an impossible order, negative sizes) are
  /// left out, and a note says so.
  Result<void> add(const Sample& sample);
  /// Errors: the counts are not those of the samples added, or there was an end before.
  Result<void> finish(const End& end);
  /// Records how the run deviates from a whole one; reports print it.
  void note(std::string text) { notes_.push_back(std::move(text)); }

  [[nodiscard]] const Header& header() const { return header_; }
  [[nodiscard]] const std::optional<End>& end() const { return end_; }
  /// In the order of header().variants.
  [[nodiscard]] std::span<const VariantData> variants() const { return variants_; }
  /// For each sample, by sequence number, the index of its variant.
  [[nodiscard]] std::span<const std::uint32_t> order() const { return order_; }
  /// "the last line is cut off: …", "no end: the run was killed"; empty for a whole run.
  [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }
  /// The counts of all samples so far, as an `end` line states them.
  [[nodiscard]] const End& counts() const { return counts_; }

 private:
  explicit Run(Header header) : header_(std::move(header)), variants_(header_.variants.size()) {}
  void add_values(VariantData& variant, const Sample& sample);
  void leave_out(const Sample& sample, std::string_view metric);

  Header header_;
  std::optional<End> end_;
  std::vector<VariantData> variants_;
  std::map<std::string, std::uint32_t, std::less<>> index_;
  std::vector<std::uint32_t> order_;
  std::vector<std::string> notes_;
  End counts_;
  std::uint64_t left_out_ = 0;     // values that cannot be
  std::size_t left_out_note_ = 0;  // where notes_ says so
};

/// Called with each sample while a file is read; an error stops the reading and is returned.
using OnSample = std::function<Result<void>(const Sample&)>;

/// Reads a run file in one pass with bounded memory a line. A cut-off last line and a missing `end` are notes of the
/// run. Errors, each with the line: not JSON Lines, no header, a schema this version does not know, a member of the
/// wrong type, duplicated, reordered or missing sequence numbers, a sample of an unknown variant, lines after the end,
/// an `end` whose counts differ from the samples, or whose digest differs from the lines: the file was changed.
Result<Run> read_run(const std::filesystem::path& path, const OnSample& on_sample = {});

}  // namespace frostbyte::record
