// Who owns each byte of a range when several claim it. The same sweep labels the bytes of a file, the addresses of a
// process and the bytes of symbols.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace frostbyte::elf {

/// [begin, end) is wanted by `owner`. The lowest rank wins; of equal ranks the claim that stands first in the list.
struct Claim {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::uint32_t rank = 0;
  std::uint32_t owner = 0;
};

inline constexpr std::uint32_t kNobody = UINT32_MAX;

struct Owned {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::uint32_t owner = kNobody;
  std::uint32_t claims = 0;  ///< how many claims of the winner's rank there are; 2 and more: they overlap
  [[nodiscard]] std::uint64_t size() const { return end - begin; }
};

/// Divides [0, total) among the claims: neighbouring pieces without gap or overlap, in order, none empty; what nobody
/// claims belongs to kNobody. Claims reaching beyond `total` are cut off, empty and inverted ones ignored.
/// O(n log n) in the number of claims, whatever their shapes.
std::vector<Owned> divide(std::uint64_t total, std::span<const Claim> claims);

}  // namespace frostbyte::elf
