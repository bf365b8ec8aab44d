#include "images/elf/label.h"

#include <elf.h>

#include <algorithm>

namespace frostbyte::elf {
namespace {

constexpr std::array<std::string_view, kLabels> kNames = {"headers",     "code",    "read-only", "writable", "linking",
                                                          "relocations", "unwind",  "notes",     "symbols",  "debug",
                                                          "other",       "padding", "trailing"};

constexpr std::uint32_t kRelr = 19;  // SHT_RELR; newer than some <elf.h>

bool is_any(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::ranges::find(names, name) != names.end();
}

bool is_unwind(std::string_view name) {
  return name.starts_with(".eh_frame") || name.starts_with(".gcc_except_table") || name.starts_with(".ARM.ex") ||
         is_any(name, {".gopclntab", ".data.rel.ro.gopclntab", ".sframe"});
}

bool is_linking(const Section& section) {
  switch (section.type) {
    case SHT_DYNAMIC:
    case SHT_DYNSYM:
    case SHT_HASH:
    case SHT_GNU_HASH:
    case SHT_GNU_versym:
    case SHT_GNU_verneed:
    case SHT_GNU_verdef:
      return true;
    default:
      return is_any(section.name, {".interp", ".dynstr", ".gnu.liblist", ".gnu.conflict"});
  }
}

Label label_of_unmapped(const Section& section, bool is_symbol_names) {
  if (is_debug(section)) return Label::debug;
  if (section.type == SHT_SYMTAB || section.type == SHT_SYMTAB_SHNDX || is_symbol_names) return Label::symbols;
  if (section.name == ".comment") return Label::notes;
  return Label::other;
}

Label label_of_mapped(const Section& section) {
  if (is_linking(section)) return Label::linking;
  if (is_unwind(section.name)) return Label::unwind;
  if ((section.flags & SHF_EXECINSTR) != 0) return Label::code;
  if ((section.flags & SHF_WRITE) != 0) return Label::writable;
  return Label::read_only;
}

}  // namespace

std::string_view to_string(Label label) { return kNames.at(static_cast<std::size_t>(label)); }

std::array<Label, kLabels> all_labels() {
  std::array<Label, kLabels> labels{};
  for (std::size_t i = 0; i < kLabels; ++i) labels.at(i) = static_cast<Label>(i);
  return labels;
}

bool is_debug(const Section& section) {
  if (section.allocated()) return false;
  const std::string_view name = section.name;
  return name.starts_with(".debug") || name.starts_with(".zdebug") || name.starts_with(".stab") ||
         name.starts_with(".gnu.debuglto_") || name.starts_with(".gnu.linkonce.wi.") ||
         name.starts_with(".gdb_index") ||
         is_any(name, {".line", ".gnu_debuglink", ".gnu_debugaltlink", ".gnu_debugdata"});
}

Label label_of(const Section& section, bool is_symbol_names) {
  if (section.type == SHT_REL || section.type == SHT_RELA || section.type == kRelr) return Label::relocations;
  if (section.type == SHT_NOTE) return Label::notes;
  return section.allocated() ? label_of_mapped(section) : label_of_unmapped(section, is_symbol_names);
}

Label label_of(const Segment& segment) {
  switch (segment.type) {
    case PT_NOTE:
      return Label::notes;
    case PT_INTERP:
    case PT_DYNAMIC:
      return Label::linking;
    case PT_GNU_EH_FRAME:
      return Label::unwind;
    default:
      break;
  }
  if ((segment.flags & PF_X) != 0) return Label::code;
  return (segment.flags & PF_W) != 0 ? Label::writable : Label::read_only;
}

}  // namespace frostbyte::elf
