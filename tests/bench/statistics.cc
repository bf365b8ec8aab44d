// How long the statistics of a million launches take, and what they hold in memory: what scripts/bench-compare promises
// nothing about and METHOD.md does.
//
//   bench_statistics [LAUNCHES [METRICS]]      (1000000, 1)
//   bench_statistics --law
//
// --law holds two laws that no machine's speed decides: four times the launches take at most eight times as long (n log
// n would be 4.5, n² 16), and a million launches with one metric stay below 500 MB. Exit status 1: one is broken.
//
// Makes up an interleaved run of two variants, LAUNCHES in all, with METRICS values each, then summarises it and
// compares the two by every metric. Prints the seconds of each and the peak of resident memory, the run itself
// included.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "results/compare/compare.h"
#include "results/record/run.h"
#include "results/summary/summary.h"

namespace {

using namespace frostbyte;

std::vector<std::string> metrics_to_fill(std::size_t count) {
  std::vector<std::string> names;
  for (const metric::Metric& metric : metric::all())
    if (metric.scope == metric::Scope::sample && metric.id != metric::kHeadline) names.emplace_back(metric.id);
  names.resize(std::min(names.size(), count - 1));
  return names;
}

/// Skewed and long-tailed, as launches are; whole nanoseconds.
class Launches {
 public:
  std::int64_t next() {
    const double spread = static_cast<double>(engine_() >> 11) * 0x1p-53;
    const double tail = static_cast<double>(engine_() >> 11) * 0x1p-53;
    return static_cast<std::int64_t>(200'000 + 40'000 * spread * spread +
                                     (tail > 0.98 ? 3e6 * (tail - 0.98) / 0.02 : 0));
  }

 private:
  std::mt19937_64 engine_{1};
};

record::Run make_run(std::uint64_t launches, const std::vector<std::string>& metrics) {
  record::Header header;
  header.variants = {{.name = "base"}, {.name = "candidate"}};
  record::Run run = record::Run::start(std::move(header)).value();
  Launches values;
  record::Sample sample;
  for (sample.sequence = 0; sample.sequence < launches; ++sample.sequence) {
    const bool candidate = sample.sequence % 2 == 1;
    sample.variant = candidate ? "candidate" : "base";
    sample.round = static_cast<std::uint32_t>(sample.sequence / 2);
    sample.stamps = {{"exec", 1'000}, {"response", 1'000 + values.next() + (candidate ? 5'000 : 0)}};
    for (const std::string& metric : metrics) sample.values[metric] = values.next();
    run.add(sample).value();
  }
  return run;
}

/// MiB, from the kernel's high-water mark.
long peak_mebibytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::strtol(line.c_str() + 6, nullptr, 10) / 1024;
  return 0;
}

template <class Work>
double seconds(Work&& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

struct Cost {
  double summarised_in = 0;  // seconds
  double compared_in = 0;
  std::size_t metrics = 0;  // compared
};

Cost cost_of(const record::Run& run) {
  const std::vector<compare::Pair> pairs = {{.base = {.run = &run, .variant = 0, .name = "base"},
                                             .candidate = {.run = &run, .variant = 1, .name = "candidate"}}};
  Cost cost;
  cost.summarised_in = seconds([&] { summary::summarise(run); });
  cost.compared_in = seconds([&] { cost.metrics = compare::compare(pairs, {}).front().metrics.size(); });
  return cost;
}

double best_of_three(const record::Run& run) {
  double best = 1e9;
  for (int i = 0; i < 3; ++i) {
    const Cost cost = cost_of(run);
    best = std::min(best, cost.summarised_in + cost.compared_in);
  }
  return best;
}

int hold_laws() {
  constexpr long kMostMebibytes = 476;  // 500 MB
  const double few = best_of_three(make_run(50'000, {}));
  const double many = best_of_three(make_run(200'000, {}));
  cost_of(make_run(1'000'000, {}));
  std::printf("four times the launches took %.1f times as long; a million launches held %ld MiB\n", many / few,
              peak_mebibytes());
  return many <= 8 * few && peak_mebibytes() <= kMostMebibytes ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::string(argv[1]) == "--law") return hold_laws();
  const std::uint64_t launches = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  const std::size_t metrics = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  if (launches < 100 || metrics < 1) {
    std::fprintf(stderr, "usage: bench_statistics [LAUNCHES [METRICS]]; at least 100 and 1\n");
    return 2;
  }
  const record::Run run = make_run(launches, metrics_to_fill(metrics));
  const long run_alone = peak_mebibytes();
  const Cost cost = cost_of(run);
  std::printf(
      "%llu launches: summarised in %.2f s, %zu metrics compared in %.2f s; peak %ld MiB, of which the run %ld MiB\n",
      static_cast<unsigned long long>(launches), cost.summarised_in, cost.metrics, cost.compared_in, peak_mebibytes(),
      run_alone);
  return 0;
}
