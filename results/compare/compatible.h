// Whether two variants were measured alike, so that a difference between their figures is a difference between them.
#pragma once

#include <string>
#include <vector>

#include "results/compare/compare.h"

namespace frostbyte::compare {

/// What was different when the two were measured, one line each: "host: cpu.model: AMD EPYC 7763, AMD EPYC 9354",
/// "isolation: full, none". Not the functions themselves, their environment, or how many launches were made. Nothing
/// for two sides of one run but what the sweep varied between them.
std::vector<std::string> differences(const Side& base, const Side& candidate);

}  // namespace frostbyte::compare
