#include "images/elf/savings.h"

#include <elf.h>

#include <algorithm>
#include <string>
#include <vector>

#include "images/elf/label.h"

namespace frostbyte::elf {
namespace {

std::uint64_t align(std::uint64_t offset, std::uint64_t alignment) {
  if (alignment <= 1) return offset;
  const std::uint64_t over = offset % alignment;
  return over == 0 ? offset : offset + (alignment - over);
}

/// strip goes by its own list: it keeps the links to separate debug files.
bool is_stripped(const Section& section) {
  if (section.allocated() || section.type == SHT_NULL) return false;
  if (section.name.starts_with(".gnu_debug")) return false;
  switch (section.type) {
    case SHT_SYMTAB:
    case SHT_STRTAB:
    case SHT_SYMTAB_SHNDX:
    case SHT_REL:
    case SHT_RELA:
      return true;
    default:
      return is_debug(section);
  }
}

/// Of a table in which a name that ends another one is stored within it.
std::uint64_t shared_names_size(std::vector<std::string> names) {
  for (std::string& name : names) std::ranges::reverse(name);
  std::ranges::sort(names, std::greater<>());  // what a name ends stands right behind it
  std::uint64_t size = 1;
  std::string_view last;
  for (const std::string& name : names) {
    if (!name.empty() && last.starts_with(name)) continue;
    if (!name.empty()) size += name.size() + 1;
    last = name;
  }
  return size;
}

std::uint64_t end_of_mapped(const Binary& binary) {
  const Header& header = binary.header();
  std::uint64_t end = std::max(header.size, header.segments_offset + header.segments_count * header.segments_entry);
  for (const Section& section : binary.sections()) {
    const std::uint64_t size = binary.content(section).size();
    if (section.allocated() && section.in_file() && size > 0) end = std::max(end, section.offset + size);
  }
  return end;
}

std::uint64_t stripped_size(const Binary& binary) {
  std::uint64_t size = end_of_mapped(binary), kept = 2;  // the null section and the names
  std::vector<std::string> names = {".shstrtab"};
  for (const Section& section : binary.sections()) {
    if (section.type == SHT_NULL || is_stripped(section)) continue;
    ++kept;
    names.emplace_back(section.name);
    if (section.allocated() || !section.in_file()) continue;
    size = align(size, std::min<std::uint64_t>(section.alignment, 1U << 20)) + binary.content(section).size();
  }
  size += shared_names_size(std::move(names));
  const bool wide = binary.header().word_bits == 64;
  return align(size, wide ? 8 : 4) + kept * (wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr));
}

}  // namespace

Savings savings(const Binary& binary) {
  Savings result;
  result.stripped_bytes = binary.bytes().size();
  for (const Section& section : binary.sections()) {
    if (is_debug(section)) result.debug_saves += binary.content(section).size();
  }
  // Two damaged sections may claim the same bytes.
  result.debug_saves = std::min<std::uint64_t>(result.debug_saves, binary.bytes().size());
  const bool program = binary.header().type == ET_EXEC || binary.header().type == ET_DYN;
  if (!program || binary.sections().size() <= 1) return result;
  result.stripped_bytes = std::min<std::uint64_t>(stripped_size(binary), binary.bytes().size());
  result.strip_saves = binary.bytes().size() - result.stripped_bytes;
  return result;
}

}  // namespace frostbyte::elf
