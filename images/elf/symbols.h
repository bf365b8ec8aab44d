// Which functions and objects a binary's sections consist of, by its symbol table. Each byte belongs to one symbol at
// most: aliases are counted once, overlapping symbols share nothing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "images/elf/binary.h"

namespace frostbyte::elf {

struct SymbolRow {
  std::string_view name;     ///< as in the file; into the binary's bytes
  std::string_view section;  ///< likewise
  std::uint64_t file_bytes = 0;
  std::uint64_t bytes = 0;    ///< in the section, stored or zero-filled
  std::uint32_t aliases = 0;  ///< further names for the same bytes
};

struct SymbolAccount {
  bool has_table = false;              ///< .symtab, or else .dynsym
  std::vector<SymbolRow> rows;         ///< largest first, then by name; symbols without a byte of their own left out
  std::uint64_t attributed_bytes = 0;  ///< Σ rows' bytes
  std::uint64_t code_bytes = 0;        ///< of executable sections
  std::uint64_t code_attributed = 0;   ///< of these, what symbols cover
};

SymbolAccount account_symbols(const Binary& binary);

/// One symbol of a table, as stored. `section` is the real index, SHN_XINDEX resolved.
struct Symbol {
  std::string_view name;
  std::uint8_t type = 0;     ///< STT_*
  std::uint8_t binding = 0;  ///< STB_*
  std::uint32_t section = 0;
  std::uint64_t value = 0;
  std::uint64_t size = 0;
};

/// Those of .symtab (SHT_SYMTAB) or .dynsym (SHT_DYNSYM); empty without one. Names reaching outside are empty.
std::vector<Symbol> read_symbols(const Binary& binary, std::uint32_t table_type);

}  // namespace frostbyte::elf
