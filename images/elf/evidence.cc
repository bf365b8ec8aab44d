#include "images/elf/evidence.h"

#include <elf.h>
#include <string.h>

#include <algorithm>

namespace frostbyte::elf {
namespace {

/// Constants and initialised data; a file without section headers has only its segments.
std::vector<std::string_view> data_of(const Binary& binary) {
  std::vector<std::string_view> parts;
  for (const Section& section : binary.sections()) {
    const bool data = section.allocated() && section.type == SHT_PROGBITS && (section.flags & SHF_EXECINSTR) == 0;
    if (data) parts.push_back(binary.content(section));
  }
  if (!parts.empty()) return parts;
  for (const Segment& segment : binary.segments()) {
    if (segment.type == PT_LOAD) parts.push_back(binary.content(segment));
  }
  return parts;
}

}  // namespace

Evidence::Evidence(const Binary& binary)
    : binary_(binary), data_(data_of(binary)), needed_(binary.dynamic_strings(DT_NEEDED)) {
  for (const std::uint32_t table : {SHT_SYMTAB, SHT_DYNSYM}) {
    for (const Symbol& symbol : read_symbols(binary, table)) {
      if (symbol.type == STT_FILE || symbol.type == STT_SECTION || symbol.name.empty()) continue;
      // "malloc@GLIBC_2.2.5" in .symtab is the same import as "malloc" in .dynsym.
      const std::string_view name = symbol.name.substr(0, symbol.name.find('@'));
      (symbol.section != 0 ? defined_ : imported_).insert(name);
    }
  }
}

std::string_view Evidence::defined_with_prefix(std::string_view prefix) const {
  std::string_view first;
  for (const std::string_view name : defined_) {
    if (name.starts_with(prefix) && (first.empty() || name < first)) first = name;
  }
  return first;
}

std::string_view Evidence::find(std::string_view text) const {
  for (const std::string_view part : data_) {
    if (part.empty()) continue;  // memmem(3) wants a pointer even to nothing
    const void* found = ::memmem(part.data(), part.size(), text.data(), text.size());
    if (found != nullptr) return part.substr(static_cast<std::size_t>(static_cast<const char*>(found) - part.data()));
  }
  return {};
}

bool Evidence::holds(std::string_view text) const { return !find(text).empty(); }

std::string_view Evidence::needed_with_prefix(std::string_view prefix) const {
  const auto found = std::ranges::find_if(needed_, [&](std::string_view name) { return name.starts_with(prefix); });
  return found == needed_.end() ? std::string_view() : *found;
}

std::string_view Evidence::entry_code(std::size_t size) const {
  const auto offset = binary_.offset_of(binary_.header().entry);
  return offset ? binary_.slice(*offset, size) : std::string_view();
}

}  // namespace frostbyte::elf
