#include "launcher/sweep/fake_executor.h"

#include <fmt/format.h>

#include <charconv>

#include "launcher/sweep/random.h"

namespace frostbyte::sweep {
namespace {

constexpr std::uint32_t kBatch = 16;
constexpr std::int64_t kMegabyte = 1 << 20;

class FakeExecutor : public Executor {
 public:
  FakeExecutor(const Plan& plan, std::uint64_t seed) : plan_(plan), seed_(seed), launches_(plan.variants.size()) {}

  Result<void> prepare(std::span<const std::uint32_t>) override { return {}; }
  Result<void> finish_batch() override { return {}; }
  [[nodiscard]] std::uint32_t batch_size() const override { return kBatch; }

  Result<record::Sample> census(std::uint32_t variant) override {
    const record::Outcome outcome = outcome_of(plan_.variants[variant]);
    if (outcome != record::Outcome::ok) return bad(outcome);
    record::Sample sample;
    sample.values = {{"calls.total", 40 + variant}, {"calls.mmap", 3 + variant}, {"calls.brk", 2},
                     {"calls.madvise", 0},          {"calls.mprotect", 1},       {"calls.munmap", variant}};
    return sample;
  }

  Result<record::Sample> try_limit(std::uint32_t variant, Bytes memory) override {
    const record::Outcome outcome = outcome_of(plan_.variants[variant]);
    if (outcome != record::Outcome::ok) return bad(outcome);
    return memory.count < (variant + 1) * kMegabyte / 4 ? bad(record::Outcome::oom_killed) : record::Sample{};
  }

  Result<record::Sample> launch(std::uint32_t variant) override {
    // A function of (seed, variant, how often it was launched): the order of launches changes no figure.
    SplitMix64 random(SplitMix64(seed_ + variant).next() + launches_[variant]++);
    const record::Outcome outcome = outcome_of(plan_.variants[variant]);
    return outcome == record::Outcome::ok ? good(variant, random) : bad(outcome);
  }

 private:
  /// The last of that name, as a function would see it.
  static std::string setting(const Variant& variant, std::string_view wanted) {
    std::string found;
    for (const auto* env : {&variant.function.env, &variant.env})
      for (const auto& [name, value] : *env)
        if (name == wanted) found = value;
    return found;
  }

  static record::Outcome outcome_of(const Variant& variant) {
    record::Outcome outcome = record::Outcome::ok;
    record::parse_outcome(setting(variant, kFakeOutcome), outcome);
    return outcome;
  }

  [[nodiscard]] std::int64_t start_of(std::uint32_t variant) const {
    const std::string text = setting(plan_.variants[variant], kFakeStart);
    std::int64_t start = 200'000 * (std::int64_t{variant} + 1);
    std::from_chars(text.data(), text.data() + text.size(), start);
    return start;
  }

  static record::Sample bad(record::Outcome outcome) {
    record::Sample sample;
    sample.outcome = outcome;
    sample.detail = fmt::format("made up: {}", record::to_string(outcome));
    sample.phase = "exec";
    sample.stderr_tail = "made up\n";
    return sample;
  }

  [[nodiscard]] record::Sample good(std::uint32_t variant, SplitMix64& random) const {
    const auto jitter = [&](std::uint64_t below) { return static_cast<std::int64_t>(random.below(below)); };
    record::Sample sample;
    const std::int64_t exec = 1'000'000'000;
    const std::int64_t listen = exec + start_of(variant) + jitter(20'000);
    const std::int64_t first_byte = listen + 60'000 + jitter(10'000);
    sample.stamps = {{"spawn", exec - 90'000 - jitter(5'000)},
                     {"exec", exec},
                     {"listen", listen},
                     {"request", listen + 20'000},
                     {"first_byte", first_byte},
                     {"response", first_byte + 5'000},
                     {"stop", first_byte + 300'000},
                     {"exit", first_byte + 500'000}};
    sample.sources = {{"spawn", "launcher"},   {"exec", "child"},   {"listen", "seccomp"},
                      {"request", "launcher"}, {"exit", "pidfd"},   {"first_byte", "kernel_rx"},
                      {"response", "recv"},    {"stop", "launcher"}};
    sample.error_ns = 2'000;
    sample.values = {{"memory.rss", (variant + 1) * kMegabyte},
                     {"memory.pss", (variant + 1) * kMegabyte / 2},
                     {"memory.uss", (variant + 1) * kMegabyte / 4},
                     {"memory.rss_peak", (variant + 2) * kMegabyte},
                     {"faults.minor", 40 + variant},
                     {"faults.major", 0},
                     {"response.bytes", 120}};
    sample.unavailable = {{"memory.cgroup_peak", "launches are made up"}};
    if (const auto& instances = plan_.variants[variant].instances) {
      const auto all = static_cast<std::int64_t>(*instances);
      const std::int64_t each = (std::int64_t{1} << 18) + 4096 * jitter(4);
      sample.values.insert({{"density.pss", each * all},
                            {"density.cgroup", 2 * each * all},
                            {"density.marginal_pss", each},
                            {"density.marginal_cgroup", 2 * each},
                            {"density.per_gib", (std::int64_t{1} << 30) / (2 * each)},
                            {"density.gap", 4096},
                            {"density.gap_quantum", 524'288}});
    }
    for (const auto& [asked, event, factor] : {std::tuple(plan_.after_requests > 0, "_after_requests", 3),
                                               std::tuple(plan_.after_idle.has_value(), "_after_idle", 2)}) {
      if (!asked) continue;
      for (const char* name : {"memory.rss", "memory.pss", "memory.uss"})
        sample.values[std::string(name) + event] = sample.values.at(name) * factor;
      sample.values[std::string("memory.anon") + event] = (variant + 1) * kMegabyte / 8;
    }
    return sample;
  }

  const Plan& plan_;
  std::uint64_t seed_;
  std::vector<std::uint64_t> launches_;  // per variant, so far
};

}  // namespace

std::unique_ptr<Executor> make_fake_executor(const Plan& plan, std::uint64_t seed) {
  return std::make_unique<FakeExecutor>(plan, seed);
}

}  // namespace frostbyte::sweep
