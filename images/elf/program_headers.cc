#include "images/elf/program_headers.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace frostbyte::elf {
namespace {

constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kUserSpaceEnd = 0x7ffffffff000;  // x86-64 with four-level page tables; others end no later

std::string check_header(const GElf_Ehdr& header) {
  const bool wide = header.e_ident[EI_CLASS] == ELFCLASS64;
  const std::size_t entry = wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
  switch (header.e_type) {
    case ET_EXEC:
    case ET_DYN:
      break;
    case ET_REL:
      return "it is an object file that was never linked";
    case ET_CORE:
      return "it is a core dump";
    default:
      return fmt::format("its ELF type is {}, not a program's", header.e_type);
  }
  if (header.e_phnum == 0) return "it has no program headers";
  if (header.e_phentsize != entry) {
    return fmt::format("its program headers are {} bytes each, not {}", header.e_phentsize, entry);
  }
  if (header.e_phnum * entry > 65536) return fmt::format("it has {} program headers, too many", header.e_phnum);
  return {};
}

/// Why mmap(2) would refuse the segment, or a touch of it would end in SIGBUS.
std::string check_segment(const GElf_Phdr& segment, std::uint64_t file_size) {
  const auto where = fmt::format("its segment at {:#x} ", segment.p_vaddr);
  if (segment.p_filesz > segment.p_memsz) return where + "is larger in the file than in memory";
  if (segment.p_memsz > kUserSpaceEnd || segment.p_vaddr > kUserSpaceEnd - segment.p_memsz) {
    return where + "lies outside the address space of programs";
  }
  if (segment.p_filesz == 0) return {};
  // The rest of the last page is zeros, a page beyond it is SIGBUS.
  const std::uint64_t mappable = (file_size + kPage - 1) / kPage * kPage;
  if (segment.p_offset > mappable || segment.p_filesz > mappable - segment.p_offset) {
    return where + fmt::format("ends after the file, which is cut off at {} bytes", file_size);
  }
  if ((segment.p_vaddr - segment.p_offset) % kPage != 0) return where + "is not aligned like its place in the file";
  return {};
}

bool holds_entry(const GElf_Phdr& segment, std::uint64_t entry) {
  return segment.p_type == PT_LOAD && (segment.p_flags & PF_X) != 0 && entry >= segment.p_vaddr &&
         entry - segment.p_vaddr < segment.p_memsz;
}

std::string check_interpreter(const GElf_Phdr& segment, std::uint64_t file_size) {
  constexpr std::uint64_t kPathMax = 4096;
  if (segment.p_filesz < 2 || segment.p_filesz > kPathMax || segment.p_offset > file_size ||
      segment.p_filesz > file_size - segment.p_offset) {
    return "its interpreter's name (PT_INTERP) does not fit the file";
  }
  return {};
}

}  // namespace

std::string why_not_loadable(const GElf_Ehdr& header, std::span<const GElf_Phdr> segments, std::uint64_t file_size) {
  if (std::string reason = check_header(header); !reason.empty()) return reason;
  if (segments.size() != header.e_phnum) return "its program headers lie outside the file";
  bool loads = false;
  for (const GElf_Phdr& segment : segments) {
    std::string reason;
    if (segment.p_type == PT_INTERP) reason = check_interpreter(segment, file_size);
    if (segment.p_type == PT_LOAD) reason = check_segment(segment, file_size);
    if (!reason.empty()) return reason;
    loads = loads || segment.p_type == PT_LOAD;
  }
  if (!loads) return "it has no segment to load";
  if (std::ranges::none_of(segments, [&](const GElf_Phdr& segment) { return holds_entry(segment, header.e_entry); })) {
    // A shared library has no entry of its own, and is loaded all the same.
    const bool library = header.e_type == ET_DYN && header.e_entry == 0;
    if (!library) return fmt::format("its entry point {:#x} is in no executable segment", header.e_entry);
  }
  return {};
}

}  // namespace frostbyte::elf
