#include "images/elf/elf.h"

#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "images/elf/machine.h"
#include "images/elf/program_headers.h"
#include "launcher/base/fd.h"

namespace frostbyte::elf {
namespace {

constexpr std::size_t kLongestString = 4096;  // PATH_MAX; no library name or search path needs more
constexpr std::size_t kMostDynamicEntries = 65536;

using ElfHandle = std::unique_ptr<Elf, decltype([](Elf* elf) { ::elf_end(elf); })>;

/// An open program file. Bytes are read with pread(2), never mapped: a file cut short meanwhile must not raise SIGBUS.
struct File {
  Fd fd;
  std::uint64_t size = 0;
  ElfHandle elf;
  GElf_Ehdr header{};
  std::vector<GElf_Phdr> segments;
};

Result<File> open_elf(const std::string& path) {
  File file;
  file.fd = TRY(open_file(path, O_RDONLY | O_NONBLOCK | O_NOCTTY));  // a FIFO must not hold us up
  struct stat facts{};
  if (::fstat(file.fd.get(), &facts) != 0) return system_failure("examine", path);
  if (!S_ISREG(facts.st_mode)) return failure("read ELF file", path, "it is not a regular file");
  file.size = static_cast<std::uint64_t>(facts.st_size);
  ::elf_version(EV_CURRENT);
  file.elf.reset(::elf_begin(file.fd.get(), ELF_C_READ, nullptr));
  if (!file.elf) return failure("read ELF file", path, ::elf_errmsg(-1));
  if (::elf_kind(file.elf.get()) != ELF_K_ELF) return failure("read ELF file", path, "it is not an ELF file");
  if (::gelf_getehdr(file.elf.get(), &file.header) == nullptr) {
    return failure("read ELF file", path, ::elf_errmsg(-1));
  }
  return file;
}

/// Those that can be read; the kernel's own limits are checked in program_headers.cc.
void read_segments(File& file) {
  std::size_t count = 0;
  if (::elf_getphdrnum(file.elf.get(), &count) != 0) return;
  for (std::size_t i = 0; i < std::min<std::size_t>(count, kMostSegments); ++i) {
    GElf_Phdr segment;
    if (::gelf_getphdr(file.elf.get(), static_cast<int>(i), &segment) != nullptr) file.segments.push_back(segment);
  }
}

const GElf_Phdr* find_segment(const File& file, GElf_Word type) {
  const auto found = std::ranges::find(file.segments, type, &GElf_Phdr::p_type);
  return found == file.segments.end() ? nullptr : &*found;
}

/// The bytes at `offset` up to a NUL; nothing when there is none within bounds.
std::optional<std::string> read_string(const File& file, std::uint64_t offset) {
  if (offset >= file.size) return std::nullopt;
  char buffer[kLongestString];
  const ssize_t n = ::pread(file.fd.get(), buffer, sizeof buffer, static_cast<off_t>(offset));
  if (n <= 0) return std::nullopt;
  const std::string_view bytes(buffer, static_cast<std::size_t>(n));
  const auto end = bytes.find('\0');
  return end == std::string_view::npos ? std::nullopt : std::optional(std::string(bytes.substr(0, end)));
}

/// Where the loader would find the byte of this address in the file.
std::optional<std::uint64_t> offset_of(const File& file, std::uint64_t address) {
  for (const GElf_Phdr& segment : file.segments) {
    if (segment.p_type != PT_LOAD || address < segment.p_vaddr || address - segment.p_vaddr >= segment.p_filesz)
      continue;
    const std::uint64_t offset = segment.p_offset + (address - segment.p_vaddr);
    if (offset >= segment.p_offset) return offset;
  }
  return std::nullopt;
}

struct Dynamic {
  std::vector<std::uint64_t> needed, rpath, runpath;  // offsets into the string table
  std::uint64_t strings = 0;                          // its address
  std::uint64_t flags_1 = 0;
};

Dynamic read_dynamic(const File& file, const GElf_Phdr& segment) {
  Dynamic dynamic;
  if (segment.p_filesz > file.size) return dynamic;
  Elf_Data* data =
      ::elf_getdata_rawchunk(file.elf.get(), static_cast<std::int64_t>(segment.p_offset), segment.p_filesz, ELF_T_DYN);
  const std::size_t size = ::gelf_fsize(file.elf.get(), ELF_T_DYN, 1, EV_CURRENT);
  if (data == nullptr || size == 0) return dynamic;
  for (std::size_t i = 0; i < std::min(data->d_size / size, kMostDynamicEntries); ++i) {
    GElf_Dyn entry;
    if (::gelf_getdyn(data, static_cast<int>(i), &entry) == nullptr || entry.d_tag == DT_NULL) break;
    if (entry.d_tag == DT_NEEDED) dynamic.needed.push_back(entry.d_un.d_val);
    if (entry.d_tag == DT_RPATH) dynamic.rpath.push_back(entry.d_un.d_val);
    if (entry.d_tag == DT_RUNPATH) dynamic.runpath.push_back(entry.d_un.d_val);
    if (entry.d_tag == DT_STRTAB) dynamic.strings = entry.d_un.d_ptr;
    if (entry.d_tag == DT_FLAGS_1) dynamic.flags_1 = entry.d_un.d_val;
  }
  return dynamic;
}

std::vector<std::string> read_strings(const File& file, std::uint64_t table,
                                      const std::vector<std::uint64_t>& offsets) {
  std::vector<std::string> strings;
  for (const std::uint64_t offset : offsets) {
    if (offset > file.size) continue;
    if (auto text = read_string(file, table + offset); text && !text->empty()) strings.push_back(std::move(*text));
  }
  return strings;
}

std::vector<std::string> split_paths(const std::vector<std::string>& lists) {
  std::vector<std::string> paths;
  for (std::string_view list : lists) {
    while (!list.empty()) {
      const auto end = std::min(list.find(':'), list.size());
      if (end > 0) paths.emplace_back(list.substr(0, end));
      list.remove_prefix(std::min(end + 1, list.size()));
    }
  }
  return paths;
}

void read_dynamic_facts(const File& file, ElfFacts& facts, std::uint64_t& flags_1) {
  const GElf_Phdr* segment = find_segment(file, PT_DYNAMIC);
  if (segment == nullptr) return;
  const Dynamic dynamic = read_dynamic(file, *segment);
  flags_1 = dynamic.flags_1;
  const auto table = offset_of(file, dynamic.strings);
  if (!table) return;
  facts.needed = read_strings(file, *table, dynamic.needed);
  facts.rpath = split_paths(read_strings(file, *table, dynamic.rpath));
  facts.runpath = split_paths(read_strings(file, *table, dynamic.runpath));
}

Linkage linkage_of(const GElf_Ehdr& header, const ElfFacts& facts, std::uint64_t flags_1) {
  if (header.e_type != ET_EXEC && header.e_type != ET_DYN) return Linkage::other;
  if (!facts.interpreter.empty()) return Linkage::dynamic;
  if (header.e_type == ET_EXEC) return Linkage::static_executable;
  return (flags_1 & DF_1_PIE) != 0 ? Linkage::static_pie : Linkage::shared_library;
}

}  // namespace

std::string_view to_string(Linkage linkage) {
  switch (linkage) {
    case Linkage::static_executable:
      return "static";
    case Linkage::static_pie:
      return "static-pie";
    case Linkage::dynamic:
      return "dynamic";
    case Linkage::shared_library:
      return "shared library";
    case Linkage::other:
      return "other";
  }
  return "other";
}

Result<ElfFacts> read_elf(const std::filesystem::path& path) {
  File file = TRY(open_elf(path.string()));
  read_segments(file);
  ElfFacts facts;
  facts.machine_number = file.header.e_machine;
  facts.machine = name_of_machine(file.header.e_machine);
  facts.word_bits = ::gelf_getclass(file.elf.get()) == ELFCLASS64 ? 64 : 32;
  facts.file_bytes = Bytes{static_cast<std::int64_t>(file.size)};
  if (const GElf_Phdr* segment = find_segment(file, PT_INTERP)) {
    facts.interpreter = read_string(file, segment->p_offset).value_or("");
  }
  std::uint64_t flags_1 = 0;
  read_dynamic_facts(file, facts, flags_1);
  facts.linkage = linkage_of(file.header, facts, flags_1);
  facts.unloadable = why_not_loadable(file.header, file.segments, file.size);
  if (facts.unloadable.empty() && find_segment(file, PT_INTERP) != nullptr && facts.interpreter.empty()) {
    facts.unloadable = "its interpreter's name (PT_INTERP) cannot be read";
  }
  facts.loadable = facts.unloadable.empty();
  return facts;
}

}  // namespace frostbyte::elf
