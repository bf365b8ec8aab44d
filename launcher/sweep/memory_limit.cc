#include "launcher/sweep/memory_limit.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

namespace frostbyte::sweep {
namespace {

constexpr const char* kMetric = "memory.smallest_limit";
constexpr Bytes kFirst{1 << 20};

class Search {
 public:
  Search(const TryLimit& attempt, const std::atomic<bool>& interrupted)
      : attempt_(attempt), interrupted_(interrupted) {}

  Result<MemoryLimit> run(Bytes first, Bytes most) {
    std::int64_t enough = pages(first);
    for (; !TRY(answers(enough, kLimitTrials)); enough *= 2) {
      if (enough * page() >= most.count)
        return failure(
            "find", "a memory limit",
            fmt::format("it does not answer with {} either: {}", to_string(Bytes{enough * page()}), cause(failed_)));
    }
    // Launches differ by a few pages: where luck alone said that a limit is enough, the search goes on above it.
    for (;;) {
      enough = TRY(bisect(enough));
      if (TRY(answers(enough, kLimitProof))) break;
      ++enough;
      while (!TRY(answers(enough, kLimitTrials))) enough += std::max<std::int64_t>(1, enough / 64);
    }
    return MemoryLimit{.enough = {enough * page()}, .below = {too_little_ * page()}, .failed = failed_};
  }

  static std::string cause(const record::Sample& sample) {
    const std::string detail = sample.detail.empty() ? "" : ": " + sample.detail;
    return std::string(record::to_string(sample.outcome)) + detail;
  }

 private:
  static std::int64_t page() {
    static const std::int64_t size = ::sysconf(_SC_PAGESIZE);
    return size;
  }
  static std::int64_t pages(Bytes bytes) { return std::max<std::int64_t>(1, bytes.count / page()); }

  /// All of `trials` launches; the first that fails says enough. What fails is remembered when no larger limit has.
  Result<bool> answers(std::int64_t limit, int trials) {
    for (int i = 0; i < trials; ++i) {
      if (interrupted_) return failure("find", "a memory limit", "interrupted");
      record::Sample sample = TRY(attempt_(Bytes{limit * page()}));
      if (sample.outcome == record::Outcome::ok) continue;
      if (limit > too_little_) {
        too_little_ = limit;
        failed_ = std::move(sample);
      }
      return false;
    }
    return true;
  }

  /// Between the largest limit known to be too little and `enough`, which is not.
  Result<std::int64_t> bisect(std::int64_t enough) {
    while (too_little_ + 1 < enough) {
      const std::int64_t middle = too_little_ + (enough - too_little_) / 2;
      if (TRY(answers(middle, kLimitTrials))) enough = middle;
    }
    return enough;
  }

  const TryLimit& attempt_;
  const std::atomic<bool>& interrupted_;
  std::int64_t too_little_ = 0;  // pages
  record::Sample failed_;
};

std::string note_of(const MemoryLimit& found) {
  const std::string enough = fmt::format("smallest memory limit {}: {} launches of {} answered",
                                         to_string(found.enough), kLimitProof, kLimitProof);
  if (found.below.count == 0) return enough;
  return fmt::format("{}; with {}: {}", enough, to_string(found.below), Search::cause(found.failed));
}

Bytes memory_of_host() { return {::sysconf(_SC_PHYS_PAGES) * ::sysconf(_SC_PAGESIZE)}; }

}  // namespace

Result<MemoryLimit> find_memory_limit(const TryLimit& attempt, Bytes first, Bytes most,
                                      const std::atomic<bool>& interrupted) {
  return Search(attempt, interrupted).run(first, most);
}

Result<void> find_memory_limits(const Plan& plan, Executor& executor, const std::atomic<bool>& interrupted,
                                record::Header& header) {
  for (std::uint32_t i = 0; i < plan.variants.size(); ++i) {
    record::VariantInfo& variant = header.variants.at(i);
    if (plan.variants[i].limits.memory) {
      variant.unavailable[kMetric] = "it is launched under a memory limit already";
      continue;
    }
    const TryLimit attempt = [&](Bytes limit) { return executor.try_limit(i, limit); };
    const auto found = find_memory_limit(attempt, kFirst, memory_of_host(), interrupted);
    if (!found) {
      variant.unavailable[kMetric] = found.error().message();
      continue;
    }
    variant.values[kMetric] = found->enough.count;
    variant.notes.push_back(note_of(*found));
  }
  return {};
}

}  // namespace frostbyte::sweep
