#include <algorithm>
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

namespace {

std::map<std::string, std::string> labels_but_instances(const Variant& variant) {
  auto labels = variant.labels;
  labels.erase(std::string(kInstancesLabel));
  return labels;
}

}  // namespace

bool same_but_for_instances(const Variant& one, const Variant& other) {
  const auto base_name = [](const Variant& variant) { return variant.name.substr(0, variant.name.find('[')); };
  return one.instances && other.instances && base_name(one) == base_name(other) &&
         labels_but_instances(one) == labels_but_instances(other);
}

std::vector<std::uint32_t> round_order(const Plan& plan, std::uint32_t round) {
  const auto count = static_cast<std::uint32_t>(plan.variants.size());
  const auto shuffled = round_order(plan.seed, round, count);
  std::vector<std::uint32_t> order;
  std::vector<bool> taken(count);
  for (const std::uint32_t first : shuffled) {
    const auto begin = static_cast<std::ptrdiff_t>(order.size());
    for (const std::uint32_t next : shuffled) {
      const bool family = next == first || same_but_for_instances(plan.variants[first], plan.variants[next]);
      if (taken[first] || taken[next] || !family) continue;
      order.push_back(next);
    }
    for (auto it = order.begin() + begin; it != order.end(); ++it) taken[*it] = true;
    std::ranges::sort(order.begin() + begin, order.end(), {},
                      [&](std::uint32_t i) { return plan.variants[i].instances; });
  }
  return order;
}

}  // namespace frostbyte::sweep
