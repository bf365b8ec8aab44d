// Runs of two or more variants with given first response times, for the tests of this folder.
#pragma once

#include <string>
#include <vector>

#include "../draw.h"
#include "../run_maker.h"
#include "results/compare/compare.h"

namespace frostbyte::compare {

inline record::Sample launched_in(std::uint32_t round, double response) {
  record::Sample sample = record::launched(static_cast<std::int64_t>(response));
  sample.round = round;
  return sample;
}

/// One run whose rounds hold one launch of each series.
inline record::Run interleaved(const std::vector<Values>& series) {
  record::RunMaker maker;
  for (std::size_t v = 0; v < series.size(); ++v) maker.variant("v" + std::to_string(v));
  for (std::uint32_t round = 0; round < series.front().size(); ++round)
    for (std::size_t v = 0; v < series.size(); ++v)
      maker.add("v" + std::to_string(v), launched_in(round, series[v][round]));
  return maker.make();
}

inline Side side(const record::Run& run, std::uint32_t variant, std::string name = {}) {
  return {
      .run = &run, .variant = variant, .name = name.empty() ? run.header().variants[variant].name : std::move(name)};
}

/// The comparison of the first two variants of a run.
inline Comparison compared(const record::Run& run, const Options& options = {}) {
  const std::vector<Pair> pairs = {{.base = side(run, 0), .candidate = side(run, 1)}};
  return compare(pairs, options).front();
}

inline const MetricComparison& headline(const Comparison& comparison) { return *comparison.find(metric::kHeadline); }

inline Options with_margin(double margin) {
  return {.primary = {std::string(metric::kHeadline)}, .margins = {.usual = margin}};
}

}  // namespace frostbyte::compare
