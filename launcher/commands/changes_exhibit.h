// What changed between two audits, piece by piece, as exhibits: one a group of pieces.
#pragma once

#include <vector>

#include "results/compare/parts.h"
#include "results/summary/exhibit.h"

namespace frostbyte::commands {

/// A single one that says so when nothing differs. The `top` largest changes of each group; the title has the sums of
/// all.
std::vector<summary::Exhibit> change_exhibits(const std::vector<compare::Part>& base,
                                              const std::vector<compare::Part>& candidate, std::size_t top);

}  // namespace frostbyte::commands
