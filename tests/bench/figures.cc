// What scripts/bench compares, out of a run file of one variant: the median of exec_to_first_response in nanoseconds,
// launches per second, and the median of memory.rss in bytes, on one line.
//
//   bench_figures RUN
//
// Launches per second are the run's own stamps: from the first spawn to the last exit, and so with the making and the
// taking apart of every slot in between, but without the program's own start.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "results/record/run.h"

namespace {

using frostbyte::record::Sample;

struct Figures {
  std::vector<std::int64_t> times, resident;
  std::int64_t first_spawn = 0, last_exit = 0;

  void add(const Sample& sample) {
    times.push_back(sample.stamps.at("response") - sample.stamps.at("exec"));
    if (const auto rss = sample.values.find("memory.rss"); rss != sample.values.end()) resident.push_back(rss->second);
    if (times.size() == 1) first_spawn = sample.stamps.at("spawn");
    last_exit = sample.stamps.at("exit");
  }
};

long long median(std::vector<std::int64_t> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: bench_figures RUN\n");
    return 2;
  }
  Figures figures;
  const auto run = frostbyte::record::read_run(argv[1], [&](const Sample& sample) -> frostbyte::Result<void> {
    if (sample.outcome != frostbyte::record::Outcome::ok)
      return frostbyte::failure("use a run with the failed launch", std::to_string(sample.sequence), sample.detail);
    figures.add(sample);
    return {};
  });
  if (!run || figures.times.empty()) {
    std::fprintf(stderr, "bench_figures: %s\n", run ? "the run has no launches" : run.error().message().c_str());
    return 3;
  }
  const double seconds = static_cast<double>(figures.last_exit - figures.first_spawn) / 1e9;
  std::printf("%lld %.1f %lld\n", median(figures.times), static_cast<double>(figures.times.size()) / seconds,
              median(figures.resident));
}
