// What the bytes of a binary are for.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "images/elf/binary.h"

namespace frostbyte::elf {

enum class Label : std::uint8_t {
  headers,      ///< ELF header, program headers, section headers and their names
  code,         ///< executable
  read_only,    ///< constants, mapped without write permission
  writable,     ///< initialised data, and zero-filled data in the mapped view
  linking,      ///< what the dynamic linker reads: dynamic symbols and their names, hashes, versions, interpreter
  relocations,  ///< what must be patched at start or by the linker
  unwind,       ///< exception and stack-walking tables, Go's function table
  notes,        ///< notes and compiler comments
  symbols,      ///< symbol table and names a running program never reads
  debug,        ///< debug information
  other,        ///< sections that are none of the above; bytes inside the file that no table claims
  padding,      ///< alignment between what is claimed
  trailing,     ///< after everything the ELF tables describe: archives, payloads, signatures
};
inline constexpr std::size_t kLabels = 13;

/// "headers", "code", "read-only" …; as printed, and as the metrics are named.
std::string_view to_string(Label label);
std::array<Label, kLabels> all_labels();

/// By name, type and flags. `is_symbol_names`: a symbol table that is not mapped keeps its names there.
Label label_of(const Section& section, bool is_symbol_names);
/// Of bytes that a segment maps and no section describes.
Label label_of(const Segment& segment);

/// Debug information, by name: DWARF, stabs, split and embedded debug data.
bool is_debug(const Section& section);

}  // namespace frostbyte::elf
