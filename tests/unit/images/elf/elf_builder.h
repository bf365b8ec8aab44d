// Writes small 64-bit little-endian ELF files to the letter, so that tests can state exact sums.
#pragma once

#include <elf.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace frostbyte::elf::test {

struct SectionPlan {
  std::string name;
  std::uint32_t type = SHT_PROGBITS;
  std::uint64_t flags = 0;
  std::uint64_t address = 0;
  std::string content;
  std::uint64_t size = 0;  ///< of NOBITS; else the content's
  std::uint64_t alignment = 1;
  std::uint32_t link = 0;
  std::uint32_t info = 0;
  std::uint64_t offset = 0;  ///< set by build()
};

/// Header, program headers, sections in order (each aligned, zeros between), names, section headers, trailing bytes.
class ElfBuilder {
 public:
  std::uint16_t type = ET_EXEC;
  std::uint16_t machine = EM_X86_64;
  std::uint64_t entry = 0;
  std::vector<Elf64_Phdr> segments;
  std::vector<SectionPlan> sections;
  std::string trailing;
  bool with_section_headers = true;

  /// The index the section will have in the table.
  std::uint32_t add(SectionPlan section) {
    sections.push_back(std::move(section));
    return static_cast<std::uint32_t>(sections.size());
  }
  void add_segment(std::uint32_t kind, std::uint32_t flags, std::uint64_t offset, std::uint64_t size,
                   std::uint64_t memory, std::uint64_t address) {
    segments.push_back({.p_type = kind,
                        .p_flags = flags,
                        .p_offset = offset,
                        .p_vaddr = address,
                        .p_paddr = address,
                        .p_filesz = size,
                        .p_memsz = memory,
                        .p_align = 4096});
  }

  /// Where the first section will begin, before its alignment.
  [[nodiscard]] std::uint64_t head() const { return sizeof(Elf64_Ehdr) + segments.size() * sizeof(Elf64_Phdr); }

  std::vector<char> build() {
    std::string file(head(), '\0');
    std::string names(1, '\0');
    std::vector<Elf64_Shdr> headers(1);
    for (SectionPlan& section : sections) headers.push_back(place(section, file, names));
    if (with_section_headers) append_table(file, names, headers);
    write_head(file, headers.size());
    file += trailing;
    return {file.begin(), file.end()};
  }

 private:
  static Elf64_Shdr place(SectionPlan& section, std::string& file, std::string& names) {
    const bool stored = section.type != SHT_NOBITS;
    while (stored && file.size() % section.alignment != 0) file += '\0';
    section.offset = file.size();
    Elf64_Shdr header{};
    header.sh_name = static_cast<Elf64_Word>(names.size());
    names += section.name + '\0';
    header.sh_type = section.type;
    header.sh_flags = section.flags;
    header.sh_addr = section.address;
    header.sh_offset = section.offset;
    header.sh_size = stored ? section.content.size() : section.size;
    header.sh_link = section.link;
    header.sh_info = section.info;
    header.sh_addralign = section.alignment;
    if (stored) file += section.content;
    return header;
  }

  void append_table(std::string& file, std::string& names, std::vector<Elf64_Shdr>& headers) {
    SectionPlan table{.name = ".shstrtab", .type = SHT_STRTAB};
    names += table.name + '\0';
    Elf64_Shdr header{};
    header.sh_name = static_cast<Elf64_Word>(names.size() - table.name.size() - 1);
    header.sh_type = SHT_STRTAB;
    header.sh_offset = file.size();
    header.sh_size = names.size();
    header.sh_addralign = 1;
    headers.push_back(header);
    file += names;
    while (file.size() % 8 != 0) file += '\0';
    table_offset_ = file.size();
    file.append(reinterpret_cast<const char*>(headers.data()), headers.size() * sizeof(Elf64_Shdr));
  }

  void write_head(std::string& file, std::size_t count) const {
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = type;
    header.e_machine = machine;
    header.e_version = EV_CURRENT;
    header.e_entry = entry;
    header.e_ehsize = sizeof header;
    header.e_phoff = segments.empty() ? 0 : sizeof header;
    header.e_phentsize = sizeof(Elf64_Phdr);
    header.e_phnum = static_cast<Elf64_Half>(segments.size());
    if (with_section_headers) {
      header.e_shoff = table_offset_;
      header.e_shentsize = sizeof(Elf64_Shdr);
      // More than fit 16 bits are counted in section 0, and the names' index moves there too.
      const bool extended = count >= SHN_LORESERVE;
      header.e_shnum = extended ? 0 : static_cast<Elf64_Half>(count);
      header.e_shstrndx = extended ? SHN_XINDEX : static_cast<Elf64_Half>(count - 1);
      if (extended) {
        Elf64_Shdr first{};
        first.sh_size = count;
        first.sh_link = static_cast<Elf64_Word>(count - 1);
        std::memcpy(file.data() + table_offset_, &first, sizeof first);
      }
    }
    std::memcpy(file.data(), &header, sizeof header);
    if (!segments.empty()) {
      std::memcpy(file.data() + sizeof header, segments.data(), segments.size() * sizeof(Elf64_Phdr));
    }
  }

  std::uint64_t table_offset_ = 0;
};

template <class T>
std::string raw(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

/// A symbol table's bytes, with the null symbol first.
inline Elf64_Sym symbol(std::uint32_t name, std::uint16_t section, std::uint64_t value, std::uint64_t size,
                        unsigned char type = STT_FUNC, unsigned char binding = STB_GLOBAL) {
  Elf64_Sym entry{};
  entry.st_name = name;
  entry.st_info = ELF64_ST_INFO(binding, type);
  entry.st_shndx = section;
  entry.st_value = value;
  entry.st_size = size;
  return entry;
}

}  // namespace frostbyte::elf::test
