// What a reader must know of a subject's samples before trusting its figures. Internal to results/report.
#pragma once

#include <span>
#include <vector>

#include "results/report/summary.h"

namespace frostbyte::report {

/// `headline` are the successful measured launches' first response times, ns, in launch order.
std::vector<Flag> find_flags(const record::VariantData& data, std::span<const double> headline);

}  // namespace frostbyte::report
