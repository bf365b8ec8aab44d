// Checks in the order and words that console, markdown and annotations share. Internal to results/report.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "results/report/render.h"

namespace frostbyte::report {

/// What needs attention first: failed, undecided, warned, ignored; those that passed last. Equals keep their order.
std::vector<const gate::Check*> by_urgency(std::span<const gate::Check> checks);

/// "12 checks passed", "3 failed, 1 undecided, 12 passed".
std::string tally(std::span<const gate::Check> checks);

/// "launch.exec_to_first_response of alpha: at most 300 us".
std::string claim(const gate::Check& check);

/// Level fail, and not kept or not known to be kept: what a pipeline stops for.
bool stops(const gate::Check& check);

}  // namespace frostbyte::report
