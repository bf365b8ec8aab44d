// An ELF file, weighed: every byte labelled, what was linked into it, its largest symbols.
#pragma once

#include <string>
#include <vector>

#include "images/elf/binary.h"
#include "launcher/commands/weighed.h"

namespace frostbyte::commands {

struct BinaryView {
  std::size_t top = 10;     ///< rows of every list
  bool with_parts = false;  ///< sections and symbols, to be compared or saved
};

Weighed weigh_binary(const std::string& name, const elf::Binary& binary, const BinaryView& view);

/// What was linked in, with the evidence: one row a finding. Shared with images, of whose program it is.
std::vector<std::vector<summary::Value>> fingerprint_rows(const elf::Binary& binary);
std::vector<summary::ExhibitColumn> fingerprint_columns();

}  // namespace frostbyte::commands
