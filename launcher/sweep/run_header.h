// A plan as it stands in the header of a run: everything that decides what was launched, so that a run documents itself
// and --resume can tell whether it continues the same sweep. Not here: host facts, version, argv (commands fills
// those).
#pragma once

#include <string>
#include <vector>

#include "launcher/sweep/plan.h"
#include "results/record/header.h"

namespace frostbyte::sweep {

/// A header with `seed`, `plan` and `variants` filled in. Lossless: plan_of gives the same plan back. A text that is
/// not UTF-8 (a request body may be anything) is {"hex": "…"}; an unset option is null.
record::Header header_of(const Plan& plan);

/// Errors name the member that is missing or of the wrong type.
Result<Plan> plan_of(const record::Header& header);

/// What differs between two plans, one line each, for people: "runs: 100 in the run file, 200 asked for". Empty when
/// they are the same plan.
std::vector<std::string> differences(const Plan& recorded, const Plan& asked);

}  // namespace frostbyte::sweep
