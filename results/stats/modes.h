// Whether values come in several heaps, and where these are. A launch that takes one of two paths (a page cached or
// not, a core asleep or not) has two typical times, and no single figure describes it.
//
// Method: Gaussian kernel density on a grid over the central 95 % of the values, with Silverman's bandwidth,
// which blurs several heaps rather than inventing them; then neighbouring peaks are joined until every valley between
// two is deeper than half of the lower peak, by more than the density's own noise (3 standard errors), and every heap
// holds a tenth of the values. Unlike a dip test's p-value this says where the heaps are and how large they are, and
// a million samples do not make a ripple significant.
#pragma once

#include <vector>

#include "results/stats/order.h"

namespace frostbyte::stats {

struct Mode {
  double location = 0;  ///< median of the heap's values
  double share = 0;     ///< part of all values, 0 … 1; shares sum to 1
};

/// One or more, ascending. Values that repeat a few numbers (pages, counts) are treated like any other.
/// One mode when there are fewer than 20 values. O(n).
std::vector<Mode> modes(Sorted sorted);

}  // namespace frostbyte::stats
