// A comparison in the words and columns that console and markdown share. Internal to results/report.
#pragma once

#include <string>
#include <vector>

#include "results/report/render.h"
#include "results/report/table.h"

namespace frostbyte::report {

struct ComparisonText {
  std::string title{};            ///< "c-musl against c-nolibc: 400 rounds in shuffled order"
  std::vector<Column> columns{};  ///< metric, base, candidate, shift, relative, interval, margin, verdict
  std::size_t rows = 0;           ///< cells of each column: the metrics asked for, then what is better or worse besides
  std::vector<std::string> remarks{};  ///< what is neither; what the interval is
  std::vector<std::string> reasons{};  ///< why a verdict is inconclusive or missing, and what a reader must know
};

ComparisonText describe(const compare::Comparison& comparison, Charset charset);

/// The checks that say more than the verdicts a reader sees in the table: those that a budget asked for, or all where
/// nothing was compared.
std::vector<gate::Check> beside_verdicts(const Report& report);

}  // namespace frostbyte::report
