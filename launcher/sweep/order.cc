#include <numeric>
#include <utility>

#include "launcher/sweep/plan.h"
#include "launcher/sweep/random.h"

namespace frostbyte::sweep {

// A run file records only the seed, so this is part of the file format: changing a step changes what an old seed means.
//   state  = first draw of SplitMix64(first draw of SplitMix64(seed) xor round)
//   order  = 0..variants-1; for i = variants-1 down to 1: swap(order[i], order[below(i + 1)])      (Fisher-Yates)
std::vector<std::uint32_t> round_order(std::uint64_t seed, std::uint32_t round, std::uint32_t variants) {
  SplitMix64 random(SplitMix64(SplitMix64(seed).next() ^ round).next());
  std::vector<std::uint32_t> order(variants);
  std::iota(order.begin(), order.end(), 0u);
  for (std::uint32_t i = variants; i-- > 1;) std::swap(order[i], order[random.below(i + 1u)]);
  return order;
}

}  // namespace frostbyte::sweep
