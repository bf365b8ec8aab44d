#include "images/elf/binary.h"

#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "launcher/base/fd.h"

namespace frostbyte::elf {
namespace {

constexpr std::int64_t kLargestFile = 4LL << 30;
constexpr std::size_t kLongestString = 4096;  // no name in a real file is longer, and a hostile one must not cost more
constexpr std::size_t kMostDynamicEntries = 65536;

/// Reads, never maps: a file cut short meanwhile must not raise SIGBUS.
Result<std::vector<char>> read_regular_file(const std::string& path) {
  const Fd fd = TRY(open_file(path, O_RDONLY | O_NONBLOCK | O_NOCTTY));  // a FIFO must not hold us up
  struct stat facts{};
  if (::fstat(fd.get(), &facts) != 0) return system_failure("examine", path);
  if (!S_ISREG(facts.st_mode)) return failure("read ELF file", path, "it is not a regular file");
  if (facts.st_size > kLargestFile) return failure("read ELF file", path, "it is larger than 4 GiB");
  std::vector<char> bytes(static_cast<std::size_t>(facts.st_size));
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = ::read(fd.get(), bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_failure("read", path);
    if (n == 0) return failure("read ELF file", path, "it became shorter while it was read");
    done += static_cast<std::size_t>(n);
  }
  return bytes;
}

/// Walks the fields of one record of a table, whose words are 4 or 8 bytes wide.
class Fields {
 public:
  Fields(Decoder decoder, std::uint64_t offset, int word_bits)
      : decoder_(decoder), offset_(offset), word_(word_bits == 64 ? 8 : 4) {}
  std::uint16_t half() { return static_cast<std::uint16_t>(take(2)); }
  std::uint32_t word() { return static_cast<std::uint32_t>(take(4)); }
  std::uint64_t address() { return take(word_); }
  void skip(unsigned bytes) { offset_ += bytes; }

 private:
  std::uint64_t take(unsigned width) {
    const std::uint64_t value = decoder_.at(offset_, width);
    offset_ += width;
    return value;
  }
  Decoder decoder_;
  std::uint64_t offset_;
  unsigned word_;
};

Segment read_segment(Fields fields, int word_bits) {
  Segment segment;
  segment.type = fields.word();
  if (word_bits == 64) segment.flags = fields.word();
  segment.offset = fields.address();
  segment.address = fields.address();
  fields.address();  // physical
  segment.file_size = fields.address();
  segment.memory_size = fields.address();
  if (word_bits == 32) segment.flags = fields.word();
  segment.alignment = fields.address();
  return segment;
}

/// `name_offset` is kept apart: names are known once all sections are read.
Section read_section(Fields fields, std::uint64_t& name_offset) {
  Section section;
  name_offset = fields.word();
  section.type = fields.word();
  section.flags = fields.address();
  section.address = fields.address();
  section.offset = fields.address();
  section.size = fields.address();
  section.link = fields.word();
  section.info = fields.word();
  section.alignment = fields.address();
  return section;
}

}  // namespace

bool Section::in_file() const { return type != SHT_NULL && type != SHT_NOBITS; }
bool Section::allocated() const { return (flags & SHF_ALLOC) != 0; }

std::uint64_t Decoder::at(std::uint64_t offset, unsigned width) const {
  if (offset > bytes_.size() || bytes_.size() - offset < width) return 0;
  std::uint64_t value = 0;
  for (unsigned i = 0; i < width; ++i) {
    const auto byte = static_cast<unsigned char>(bytes_[offset + i]);
    value |= std::uint64_t{byte} << (8 * (big_endian_ ? width - 1 - i : i));
  }
  return value;
}

Result<Binary> Binary::read(const std::filesystem::path& path) {
  Binary binary = parse(TRY(read_regular_file(path.string())));
  if (!binary.is_elf()) return failure("read ELF file", path.string(), "it is not an ELF file");
  return binary;
}

Binary Binary::parse(std::vector<char> bytes) {
  Binary binary;
  binary.bytes_ = std::move(bytes);
  binary.parse_header();
  if (!binary.is_elf()) return binary;
  // Sections first: the first of them may hold the number of segments.
  binary.parse_sections();
  binary.parse_segments();
  binary.parse_dynamic();
  return binary;
}

void Binary::parse_header() {
  const std::string_view file = bytes();
  if (!file.starts_with(std::string_view(ELFMAG, SELFMAG)) || file.size() < EI_NIDENT) return;
  const char kind = file[EI_CLASS], order = file[EI_DATA];
  if ((kind != ELFCLASS32 && kind != ELFCLASS64) || (order != ELFDATA2LSB && order != ELFDATA2MSB)) return;
  header_.word_bits = kind == ELFCLASS64 ? 64 : 32;
  header_.big_endian = order == ELFDATA2MSB;
  Fields fields(decoder(file), EI_NIDENT, header_.word_bits);
  header_.type = fields.half();
  header_.machine = fields.half();
  fields.skip(4);  // version
  header_.entry = fields.address();
  header_.segments_offset = fields.address();
  header_.sections_offset = fields.address();
  fields.skip(4 + 2);  // flags, and the header's size, which its class decides
  header_.segments_entry = fields.half();
  header_.segments_count = fields.half();
  header_.sections_entry = fields.half();
  header_.sections_count = fields.half();
  header_.names_section = fields.half();
  const std::size_t full = kind == ELFCLASS64 ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr);
  header_.size = std::min(full, file.size());
  if (file.size() < full)
    find(fmt::format("the file ends within its ELF header, after {} of {} bytes", file.size(), full));
}

std::uint64_t Binary::entries_within(std::uint64_t offset, std::uint64_t count, std::uint64_t entry) const {
  if (offset >= bytes_.size() || entry == 0) return 0;
  return std::min(count, (bytes_.size() - offset) / entry);
}

void Binary::parse_sections() {
  if (header_.sections_offset == 0) {
    if (header_.sections_count != 0) find("it counts sections but has no section headers");
    header_.sections_count = 0;
    return;
  }
  const std::uint64_t least = header_.word_bits == 64 ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);
  if (header_.sections_entry < least) {
    find(fmt::format("its section headers are {} bytes each, not {}", header_.sections_entry, least));
    header_.sections_count = 0;
    return;
  }
  std::vector<std::uint64_t> name_offsets;
  const auto read = [&](std::uint64_t i) {
    return read_section(
        Fields(decoder(bytes()), header_.sections_offset + i * header_.sections_entry, header_.word_bits),
        name_offsets.emplace_back());
  };
  // Section 0 holds what does not fit the header's 16 bits.
  const bool any = entries_within(header_.sections_offset, 1, header_.sections_entry) == 1;
  const Section first = any ? read(0) : Section();
  if (header_.sections_count == 0 && any) header_.sections_count = first.size;
  if (header_.names_section == SHN_XINDEX) header_.names_section = first.link;
  if (header_.segments_count == PN_XNUM && any) header_.segments_count = first.info;
  const std::uint64_t there = entries_within(header_.sections_offset, header_.sections_count, header_.sections_entry);
  if (there < header_.sections_count) {
    find(fmt::format("{} of its {} section headers lie outside the file", header_.sections_count - there,
                     header_.sections_count));
  }
  header_.sections_count = there;
  name_offsets.clear();
  for (std::uint64_t i = 0; i < there; ++i) sections_.push_back(read(i));
  if (header_.names_section >= sections_.size()) {
    if (there > 0) find("it has no table of section names");
    return;
  }
  const Section& names = sections_[header_.names_section];
  for (std::uint64_t i = 0; i < there; ++i) {
    if (name_offsets[i] < names.size) sections_[i].name = string_at(names.offset + name_offsets[i]);
  }
}

void Binary::parse_segments() {
  if (header_.segments_offset == 0 || header_.segments_count == 0) {
    header_.segments_count = 0;
    return;
  }
  const std::uint64_t least = header_.word_bits == 64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
  if (header_.segments_entry < least) {
    find(fmt::format("its program headers are {} bytes each, not {}", header_.segments_entry, least));
    header_.segments_count = 0;
    return;
  }
  const std::uint64_t there = entries_within(header_.segments_offset, header_.segments_count, header_.segments_entry);
  if (there < header_.segments_count) {
    find(fmt::format("{} of its {} program headers lie outside the file", header_.segments_count - there,
                     header_.segments_count));
  }
  header_.segments_count = there;
  for (std::uint64_t i = 0; i < there; ++i) {
    const std::uint64_t at = header_.segments_offset + i * header_.segments_entry;
    segments_.push_back(read_segment(Fields(decoder(bytes()), at, header_.word_bits), header_.word_bits));
  }
}

void Binary::parse_dynamic() {
  const Segment* table = segment(PT_DYNAMIC);
  if (table == nullptr) return;
  const std::string_view entries = content(*table);
  if (entries.size() < table->file_size) find("its dynamic table ends after the file");
  const unsigned word = header_.word_bits == 64 ? 8 : 4;
  const Decoder values = decoder(entries);
  for (std::size_t at = 0; at + 2 * word <= entries.size() && dynamic_.size() < kMostDynamicEntries; at += 2 * word) {
    const std::uint64_t tag = values.at(at, word);
    if (tag == DT_NULL) return;
    // A 32-bit tag is signed too, but every tag of interest is positive.
    dynamic_.push_back({.tag = static_cast<std::int64_t>(tag), .value = values.at(at + word, word)});
  }
}

std::string_view Binary::slice(std::uint64_t offset, std::uint64_t size) const {
  return offset >= bytes_.size() ? std::string_view() : bytes().substr(offset, size);
}

std::string_view Binary::content(const Section& section) const {
  return section.in_file() ? slice(section.offset, section.size) : std::string_view();
}

std::string_view Binary::content(const Segment& segment) const { return slice(segment.offset, segment.file_size); }

std::string_view Binary::string_at(std::uint64_t offset) const {
  const std::string_view rest = slice(offset, kLongestString);
  return rest.substr(0, std::min(rest.find('\0'), rest.size()));
}

const Segment* Binary::segment(std::uint32_t type) const {
  const auto found = std::ranges::find(segments_, type, &Segment::type);
  return found == segments_.end() ? nullptr : &*found;
}

const Section* Binary::section(std::string_view name) const {
  const auto found = std::ranges::find(sections_, name, &Section::name);
  return found == sections_.end() ? nullptr : &*found;
}

std::optional<std::uint64_t> Binary::dynamic_value(std::int64_t tag) const {
  const auto found = std::ranges::find(dynamic_, tag, &DynamicEntry::tag);
  return found == dynamic_.end() ? std::nullopt : std::optional(found->value);
}

std::vector<std::string_view> Binary::dynamic_strings(std::int64_t tag) const {
  std::vector<std::string_view> texts;
  const auto table = offset_of(dynamic_value(DT_STRTAB).value_or(0));
  if (!table) return texts;
  for (const DynamicEntry& entry : dynamic_) {
    if (entry.tag != tag || entry.value >= bytes_.size()) continue;
    if (const auto text = string_at(*table + entry.value); !text.empty()) texts.push_back(text);
  }
  return texts;
}

std::optional<std::uint64_t> Binary::offset_of(std::uint64_t address) const {
  for (const Segment& segment : segments_) {
    if (segment.type != PT_LOAD || address < segment.address || address - segment.address >= segment.file_size)
      continue;
    const std::uint64_t offset = segment.offset + (address - segment.address);
    if (offset >= segment.offset && offset < bytes_.size()) return offset;
  }
  return std::nullopt;
}

}  // namespace frostbyte::elf
