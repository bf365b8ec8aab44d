// What a binary would weigh without what a running program never reads. Computed from its tables, nothing is run.
#pragma once

#include <cstdint>

#include "images/elf/binary.h"

namespace frostbyte::elf {

struct Savings {
  std::uint64_t stripped_bytes =
      0;  ///< the size `strip` (GNU binutils, --strip-all) would leave; the file's own when not less
  std::uint64_t strip_saves = 0;  ///< file − stripped
  std::uint64_t debug_saves = 0;  ///< bytes of the sections that hold debug information
};

/// Lays the file out again as strip does: mapped sections stay where they are; after them, each at its alignment, the
/// unmapped ones that are neither symbols nor debug information; then their names, which share endings; then the
/// section headers. Exact for what GNU ld, gold, lld and mold write for programs and shared libraries. A file without
/// section headers, an object file and what trails a file are not strip's to shorten: nothing is saved there.
Savings savings(const Binary& binary);

}  // namespace frostbyte::elf
