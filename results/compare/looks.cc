#include "results/compare/looks.h"

namespace frostbyte::compare {

std::vector<std::uint32_t> look_schedule(std::uint64_t most_rounds) {
  constexpr std::uint32_t kLast = 1u << 30;
  std::vector<std::uint32_t> looks{kFirstLook};
  while (looks.back() < most_rounds && looks.back() < kLast) looks.push_back(looks.back() * 2);
  return looks;
}

double shared_confidence(double confidence, std::uint64_t looks, std::uint64_t questions) {
  return 1 - (1 - confidence) / (static_cast<double>(looks) * static_cast<double>(questions));
}

}  // namespace frostbyte::compare
