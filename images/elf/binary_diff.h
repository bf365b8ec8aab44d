// Where two builds of a binary differ: by section and by symbol, by content rather than by time stamps and build ids.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "images/elf/account.h"
#include "images/elf/binary.h"

namespace frostbyte::elf {

enum class Change : std::uint8_t { added, removed, grown, shrunk, changed, same };
std::string_view to_string(Change change);

struct Difference {
  std::string name;
  Change change = Change::same;
  std::uint64_t base_bytes = 0;       ///< in the file; 0 when it is not there
  std::uint64_t candidate_bytes = 0;  ///< likewise
  [[nodiscard]] std::int64_t growth() const {
    return static_cast<std::int64_t>(candidate_bytes) - static_cast<std::int64_t>(base_bytes);
  }
};

struct BinaryDiff {
  std::vector<Difference> rows;     ///< of the two accounts; the largest change first. Sums to the difference in size
  std::vector<Difference> symbols;  ///< only those that differ, by name; `changed` is not looked for among them
  bool same_but_for_build_id = false;  ///< no other section's content differs
};

BinaryDiff diff(const Binary& base, const Binary& candidate);

}  // namespace frostbyte::elf
