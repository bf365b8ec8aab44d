#include "results/compare/comparison.h"

#include <algorithm>

namespace frostbyte::compare {

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::better:
      return "better";
    case Verdict::worse:
      return "worse";
    case Verdict::equivalent:
      return "equivalent";
    case Verdict::inconclusive:
      break;
  }
  return "inconclusive";
}

const MetricComparison* Comparison::find(std::string_view metric_id) const {
  const auto found = std::ranges::find_if(metrics, [&](const auto& m) { return m.metric->id == metric_id; });
  return found == metrics.end() ? nullptr : &*found;
}

}  // namespace frostbyte::compare
