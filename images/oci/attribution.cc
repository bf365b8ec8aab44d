#include "images/oci/attribution.h"

namespace frostbyte::oci {

void Attribution::mark(std::uint64_t out, std::uint64_t in, Border border) {
  // Two marks at one place: what was read in between (a member's trailer, a skippable frame) belongs to what precedes
  // it, and a border once exact stays so.
  if (marks_.back().out == out) {
    marks_.back().in = in;
    if (border == Border::exact) marks_.back().border = border;
    return;
  }
  marks_.push_back({out, in, border});
}

Attribution::Place Attribution::at(std::uint64_t out) {
  while (marks_.size() > 1 && marks_[1].out <= out) marks_.pop_front();
  const Mark& before = marks_.front();
  if (before.out >= out || marks_.size() == 1)
    return {before.in, before.out == out ? before.border : Border::estimated};
  const Mark& after = marks_[1];
  const auto part =
      static_cast<unsigned __int128>(after.in - before.in) * (out - before.out) / (after.out - before.out);
  return {before.in + static_cast<std::uint64_t>(part), Border::estimated};
}

}  // namespace frostbyte::oci
