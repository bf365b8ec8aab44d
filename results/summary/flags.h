// What a reader must know of a subject's samples before trusting its figures. Internal to results/summary.
#pragma once

#include <span>
#include <vector>

#include "results/summary/summary.h"

namespace frostbyte::summary {

/// `headline` are the successful measured launches' first response times, ns, in launch order.
std::vector<Flag> find_flags(const record::VariantData& data, std::span<const double> headline);

}  // namespace frostbyte::summary
