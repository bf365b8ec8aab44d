#include "images/elf/claims.h"

#include <algorithm>
#include <map>
#include <queue>

namespace frostbyte::elf {
namespace {

/// The claims that hold at the sweep's position. Ended ones are dropped when they reach the top.
class Active {
 public:
  explicit Active(std::span<const Claim> claims) : claims_(claims) {}

  void begin(std::uint32_t index) {
    queue_.push({claims_[index].rank, index});
    ++of_rank_[claims_[index].rank];
  }
  void end(std::uint32_t index) {
    const auto rank = of_rank_.find(claims_[index].rank);
    if (--rank->second == 0) of_rank_.erase(rank);
  }
  [[nodiscard]] const Claim* top(std::uint64_t position) {
    while (!queue_.empty() && claims_[queue_.top().second].end <= position) queue_.pop();
    return queue_.empty() ? nullptr : &claims_[queue_.top().second];
  }
  [[nodiscard]] std::uint32_t count_of(std::uint32_t rank) const { return of_rank_.at(rank); }

 private:
  using Entry = std::pair<std::uint32_t, std::uint32_t>;  // rank, index
  std::span<const Claim> claims_;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue_;
  std::map<std::uint32_t, std::uint32_t> of_rank_;
};

void append(std::vector<Owned>& pieces, Owned piece) {
  if (piece.begin == piece.end) return;
  if (!pieces.empty() && pieces.back().owner == piece.owner && pieces.back().claims == piece.claims) {
    pieces.back().end = piece.end;
  } else {
    pieces.push_back(piece);
  }
}

std::vector<Claim> usable(std::uint64_t total, std::span<const Claim> claims) {
  std::vector<Claim> kept;
  kept.reserve(claims.size());
  for (Claim claim : claims) {
    claim.end = std::min(claim.end, total);
    if (claim.begin < claim.end) kept.push_back(claim);
  }
  return kept;
}

std::vector<std::uint32_t> sorted_by(std::span<const Claim> claims, std::uint64_t Claim::* field) {
  std::vector<std::uint32_t> order(claims.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::stable_sort(order, {}, [&](std::uint32_t i) { return claims[i].*field; });
  return order;
}

}  // namespace

std::vector<Owned> divide(std::uint64_t total, std::span<const Claim> all_claims) {
  const std::vector<Claim> claims = usable(total, all_claims);
  const auto begins = sorted_by(claims, &Claim::begin), ends = sorted_by(claims, &Claim::end);
  Active active(claims);
  std::vector<Owned> pieces;
  std::uint64_t position = 0;
  for (std::size_t next = 0, over = 0; position < total;) {
    // Ends first: a claim that ends where another begins does not overlap it.
    for (; over < ends.size() && claims[ends[over]].end <= position; ++over) active.end(ends[over]);
    for (; next < begins.size() && claims[begins[next]].begin <= position; ++next) active.begin(begins[next]);
    std::uint64_t until = total;
    if (next < begins.size()) until = std::min(until, claims[begins[next]].begin);
    if (over < ends.size()) until = std::min(until, claims[ends[over]].end);
    const Claim* top = active.top(position);
    append(pieces, {.begin = position,
                    .end = until,
                    .owner = top != nullptr ? top->owner : kNobody,
                    .claims = top != nullptr ? active.count_of(top->rank) : 0});
    position = until;
  }
  return pieces;
}

}  // namespace frostbyte::elf
