// Compares variants, of one run or of several, metric by metric.
//
// Sides that share a run were launched in the same rounds, in shuffled order: they are compared by the differences of
// each round (Hodges–Lehmann, Wilcoxon), in which whatever the machine did meanwhile cancels out, and which are
// symmetric about no shift by the shuffle alone when there is none, however the launches drift, burst or cluster. Sides
// of different runs are compared as two samples (Hodges–Lehmann, Mann–Whitney).
//
// Many metrics and candidates are many chances to be wrong: Holm's procedure shares the error among the primary metrics
// of all comparisons, and apart from them among the others, so that a metric nobody asked for weakens none that was.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "results/compare/comparison.h"
#include "results/compare/margin.h"
#include "results/record/run.h"

namespace frostbyte::compare {

/// One variant of a run, which must outlive the comparison's making.
struct Side {
  const record::Run* run = nullptr;
  std::uint32_t variant = 0;  ///< index
  std::string name{};         ///< as the comparison is to call it
};

struct Pair {
  Side base;
  Side candidate;
};

/// Which metrics are worth comparing beside the primary ones.
enum class Scope : std::uint8_t { primary, all };

struct Options {
  std::vector<std::string> primary{std::string(metric::kHeadline)};  ///< ids, registered
  Margins margins{};
  double confidence = 0.95;
  Scope scope = Scope::all;
};

/// One Comparison a pair, in order. A metric that one side lacks has no verdict and says why.
std::vector<Comparison> compare(std::span<const Pair> pairs, const Options& options);

/// True when every primary metric that can have a verdict has one that is not `inconclusive`.
bool decided(std::span<const Comparison> comparisons);

}  // namespace frostbyte::compare
