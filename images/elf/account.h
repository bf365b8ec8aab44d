// Where the bytes of a binary are: each byte of the file has exactly one label, whatever the file holds, and so has
// each byte its segments map. The sums are exact and checked by tests on any input:
//   Σ pieces = Σ rows' file bytes = file size,   Σ rows' mapped bytes = mapped bytes.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "images/elf/binary.h"
#include "images/elf/label.h"

namespace frostbyte::elf {

/// One line of the account: a section's name, or in brackets what else it is: "[ELF header]", "[LOAD 2 r-x]".
struct Row {
  std::string name;
  Label label = Label::other;
  std::uint64_t file_bytes = 0;
  std::uint64_t mapped_bytes = 0;  ///< of the address space, before rounding to pages
};

/// Neighbouring bytes of one row.
struct Piece {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::uint32_t row = 0;
};

struct Account {
  std::uint64_t file_bytes = 0;
  std::uint64_t mapped_bytes = 0;          ///< union of the LOAD segments
  std::uint64_t mapped_page_bytes = 0;     ///< union of the 4 KiB pages they touch: what exec reserves
  std::uint64_t debug_expanded_bytes = 0;  ///< debug information with compressed sections at their declared full size
  std::vector<Row> rows;                   ///< largest in the file first, then by name
  std::vector<Piece> pieces;               ///< from offset 0 to the end of the file
  std::array<std::uint64_t, kLabels> file_by_label{};
  std::array<std::uint64_t, kLabels> mapped_by_label{};
  std::vector<std::string> findings;  ///< what is wrong or odd, one sentence each

  [[nodiscard]] std::uint64_t file_bytes_of(Label label) const {
    return file_by_label.at(static_cast<std::size_t>(label));
  }
  [[nodiscard]] std::uint64_t mapped_bytes_of(Label label) const {
    return mapped_by_label.at(static_cast<std::size_t>(label));
  }
};

Account account(const Binary& binary);

}  // namespace frostbyte::elf
