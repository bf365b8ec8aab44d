#include "images/elf/fingerprint.h"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "images/elf/machine.h"
#include "images/elf/traces.h"

namespace frostbyte::elf {
namespace {

// Newer than some <elf.h>.
constexpr std::int64_t kRelrTag = 36, kRelrSizeTag = 35;

std::uint64_t dynamic_flags(const Binary& binary, std::int64_t tag) { return binary.dynamic_value(tag).value_or(0); }

Linkage linkage_of(const Binary& binary) {
  const std::uint16_t type = binary.header().type;
  if (type != ET_EXEC && type != ET_DYN) return Linkage::other;
  if (binary.segment(PT_INTERP) != nullptr) return Linkage::dynamic;
  if (type == ET_EXEC) return Linkage::static_executable;
  return (dynamic_flags(binary, DT_FLAGS_1) & DF_1_PIE) != 0 ? Linkage::static_pie : Linkage::shared_library;
}

/// Without BIND_NOW the table of imported functions stays writable.
Relro relro_of(const Binary& binary) {
  if (binary.segment(PT_GNU_RELRO) == nullptr) return Relro::none;
  const bool now = binary.dynamic_value(DT_BIND_NOW).has_value() ||
                   (dynamic_flags(binary, DT_FLAGS) & DF_BIND_NOW) != 0 ||
                   (dynamic_flags(binary, DT_FLAGS_1) & DF_1_NOW) != 0;
  const bool imports = binary.dynamic_value(DT_PLTRELSZ).value_or(0) > 0;
  return now || !imports ? Relro::full : Relro::partial;
}

Hardening hardening_of(const Binary& binary, const Evidence& evidence) {
  const Segment* stack = binary.segment(PT_GNU_STACK);
  return {.position_independent = binary.header().type == ET_DYN,
          .executable_stack = stack == nullptr || (stack->flags & PF_X) != 0,
          .writable_code = std::ranges::any_of(binary.segments(),
                                               [](const Segment& segment) {
                                                 constexpr std::uint32_t kBoth = PF_W | PF_X;
                                                 return segment.type == PT_LOAD && (segment.flags & kBoth) == kBoth;
                                               }),
          .stack_protector = evidence.imports("__stack_chk_fail") || evidence.defines("__stack_chk_fail"),
          .relro = relro_of(binary)};
}

/// An even word is an address, an odd one a bitmap of the words after it.
std::uint64_t count_compact(std::string_view table, const Binary& binary) {
  const unsigned word = binary.header().word_bits / 8;
  const Decoder words = binary.decoder(table);
  std::uint64_t count = 0;
  for (std::size_t at = 0; at + word <= table.size(); at += word) {
    const std::uint64_t entry = words.at(at, word);
    count += (entry & 1) == 0 ? 1 : static_cast<std::uint64_t>(std::popcount(entry >> 1));
  }
  return count;
}

std::string_view table_at(const Binary& binary, std::int64_t address_tag, std::int64_t size_tag) {
  const auto address = binary.dynamic_value(address_tag), size = binary.dynamic_value(size_tag);
  if (!address || !size) return {};
  const auto offset = binary.offset_of(*address);
  return offset ? binary.slice(*offset, *size) : std::string_view();
}

/// Those of the dynamic table; a static program without one has the IRELATIVE ones between two symbols, in a section.
std::uint64_t count_relocations(const Binary& binary) {
  const bool wide = binary.header().word_bits == 64;
  const std::size_t rela = wide ? sizeof(Elf64_Rela) : sizeof(Elf32_Rela),
                    rel = wide ? sizeof(Elf64_Rel) : sizeof(Elf32_Rel);
  if (binary.dynamic().empty()) {
    const Section* table = binary.section(".rela.plt");
    return table != nullptr && table->allocated() ? binary.content(*table).size() / rela : 0;
  }
  const std::size_t plt = binary.dynamic_value(DT_PLTREL) == DT_REL ? rel : rela;
  return table_at(binary, DT_RELA, DT_RELASZ).size() / rela + table_at(binary, DT_REL, DT_RELSZ).size() / rel +
         table_at(binary, DT_JMPREL, DT_PLTRELSZ).size() / plt +
         count_compact(table_at(binary, kRelrTag, kRelrSizeTag), binary);
}

/// The note's owner is "GNU", its type NT_GNU_BUILD_ID; notes stand one after the other, aligned to four bytes.
std::string build_id_in(std::string_view notes, const Binary& binary) {
  const Decoder words = binary.decoder(notes);
  const auto aligned = [](std::uint64_t size) { return (size + 3) / 4 * 4; };
  for (std::uint64_t at = 0; at + 12 <= notes.size();) {
    const std::uint64_t name = words.at(at, 4), size = words.at(at + 4, 4), type = words.at(at + 8, 4);
    const std::uint64_t content = at + 12 + aligned(name);
    if (type == NT_GNU_BUILD_ID && notes.substr(at + 12).starts_with(std::string_view("GNU\0", 4)) &&
        content < notes.size()) {
      std::string text;
      for (const char byte : notes.substr(content, std::min<std::uint64_t>(size, 64))) {
        text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
      }
      return text;
    }
    at = content + aligned(size);
  }
  return {};
}

std::string build_id_of(const Binary& binary) {
  for (const Segment& segment : binary.segments()) {
    if (segment.type != PT_NOTE) continue;
    if (std::string text = build_id_in(binary.content(segment), binary); !text.empty()) return text;
  }
  for (const Section& section : binary.sections()) {
    if (section.type != SHT_NOTE) continue;
    if (std::string text = build_id_in(binary.content(section), binary); !text.empty()) return text;
  }
  return {};
}

/// UPX writes its mark behind the program headers and, as the last thing, into the file's last bytes.
std::string packer_of(const Binary& binary) {
  const std::string mark = Needle("UPX!").text();
  const Header& header = binary.header();
  const std::string_view head =
      binary.slice(header.segments_offset + header.segments_count * header.segments_entry, 32);
  const std::string_view bytes = binary.bytes();
  const std::string_view tail = bytes.substr(bytes.size() - std::min<std::size_t>(bytes.size(), 64));
  const bool found = head.contains(mark) || tail.contains(mark);
  return found && binary.sections().size() <= 1 ? "UPX" : "";
}

std::uint64_t largest_alignment(const Binary& binary) {
  std::uint64_t largest = 0;
  for (const Segment& segment : binary.segments()) {
    if (segment.type == PT_LOAD) largest = std::max(largest, segment.alignment);
  }
  return largest;
}

}  // namespace

std::string_view to_string(Strength strength) {
  constexpr std::array<std::string_view, 5> kNames = {"symbol", "library", "code", "text", "implied"};
  return kNames.at(static_cast<std::size_t>(strength));
}

std::string_view to_string(Relro relro) {
  constexpr std::array<std::string_view, 3> kNames = {"none", "partial", "full"};
  return kNames.at(static_cast<std::size_t>(relro));
}

std::string Fingerprint::allocator() const { return allocators.empty() ? "none found" : allocators.front().name; }

Fingerprint fingerprint(const Binary& binary) {
  const Evidence evidence(binary);
  Fingerprint print;
  print.machine = name_of_machine(binary.header().machine);
  print.linkage = linkage_of(binary);
  if (const Segment* segment = binary.segment(PT_INTERP)) print.interpreter = binary.string_at(segment->offset);
  for (const std::string_view name : binary.dynamic_strings(DT_NEEDED)) print.needed.emplace_back(name);
  print.libc = trace_libc(evidence, print);
  print.go = read_go_build(evidence);
  print.runtimes = trace_runtimes(evidence, print.go);
  print.allocators = trace_allocators(evidence, print);
  print.hardening = hardening_of(binary, evidence);
  print.relocations = count_relocations(binary);
  print.compact_relocations = binary.dynamic_value(kRelrTag).has_value();
  if (const Segment* tls = binary.segment(PT_TLS)) print.thread_local_bytes = tls->memory_size;
  print.page_alignment = largest_alignment(binary);
  print.build_id = build_id_of(binary);
  print.packer = packer_of(binary);
  print.stripped = std::ranges::find(binary.sections(), SHT_SYMTAB, &Section::type) == binary.sections().end();
  return print;
}

}  // namespace frostbyte::elf
