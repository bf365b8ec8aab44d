// An ELF file in memory, taken apart without trusting it: every offset is checked, every table that lies outside the
// file is cut off and becomes a finding. Reading never fails on account of what the bytes say; a text file gives a
// Binary that is no ELF file.
//
// Not here: what the bytes amount to (account.h), what was linked (fingerprint.h). libelf is not used: it refuses files
// whose bytes are still to be labelled.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "launcher/base/result.h"

namespace frostbyte::elf {

struct Segment {
  std::uint32_t type = 0;  ///< PT_*
  std::uint32_t flags = 0;
  std::uint64_t offset = 0;
  std::uint64_t address = 0;
  std::uint64_t file_size = 0;
  std::uint64_t memory_size = 0;
  std::uint64_t alignment = 0;
};

struct Section {
  std::string_view name;   ///< into the file's bytes
  std::uint32_t type = 0;  ///< SHT_*
  std::uint64_t flags = 0;
  std::uint64_t address = 0;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::uint32_t link = 0;
  std::uint32_t info = 0;
  std::uint64_t alignment = 0;

  [[nodiscard]] bool in_file() const;    ///< has bytes of the file: neither NULL nor NOBITS
  [[nodiscard]] bool allocated() const;  ///< SHF_ALLOC
};

struct DynamicEntry {
  std::int64_t tag = 0;
  std::uint64_t value = 0;
};

/// The file's own header, widened to 64 bits; counts are the real ones (PN_XNUM, SHN_XINDEX resolved).
struct Header {
  int word_bits = 0;  ///< 32 or 64
  bool big_endian = false;
  std::uint16_t type = 0;     ///< ET_*
  std::uint16_t machine = 0;  ///< EM_*
  std::uint64_t entry = 0;
  std::uint64_t size = 0;  ///< of the header itself, as far as it lies in the file
  std::uint64_t segments_offset = 0, segments_count = 0, segments_entry = 0;
  std::uint64_t sections_offset = 0, sections_count = 0, sections_entry = 0;
  std::uint64_t names_section = 0;
};

/// Reads integers of the file's byte order.
class Decoder {
 public:
  Decoder(std::string_view bytes, bool big_endian) : bytes_(bytes), big_endian_(big_endian) {}
  /// `width` bytes (1, 2, 4 or 8) at `offset`; 0 outside the bytes.
  [[nodiscard]] std::uint64_t at(std::uint64_t offset, unsigned width) const;

 private:
  std::string_view bytes_;
  bool big_endian_;
};

class Binary {
 public:
  /// Errors: unreadable, not a regular file, not ELF, larger than 4 GiB.
  static Result<Binary> read(const std::filesystem::path& path);
  /// Takes any bytes.
  static Binary parse(std::vector<char> bytes);

  Binary(Binary&&) = default;
  Binary& operator=(Binary&&) = default;
  Binary(const Binary&) = delete;  // section names point into the bytes
  Binary& operator=(const Binary&) = delete;
  ~Binary() = default;

  [[nodiscard]] std::string_view bytes() const { return {bytes_.data(), bytes_.size()}; }
  /// Bytes `offset` … `offset + size`, cut off at the end of the file.
  [[nodiscard]] std::string_view slice(std::uint64_t offset, std::uint64_t size) const;
  [[nodiscard]] std::string_view content(const Section& section) const;
  [[nodiscard]] std::string_view content(const Segment& segment) const;
  /// The NUL-terminated text at `offset`, at most 4096 bytes of it; empty outside the file.
  [[nodiscard]] std::string_view string_at(std::uint64_t offset) const;

  [[nodiscard]] bool is_elf() const { return header_.word_bits != 0; }
  [[nodiscard]] const Header& header() const { return header_; }
  [[nodiscard]] std::span<const Segment> segments() const { return segments_; }
  [[nodiscard]] std::span<const Section> sections() const { return sections_; }  ///< the null section included
  [[nodiscard]] std::span<const DynamicEntry> dynamic() const { return dynamic_; }
  [[nodiscard]] const Segment* segment(std::uint32_t type) const;
  [[nodiscard]] const Section* section(std::string_view name) const;
  [[nodiscard]] std::optional<std::uint64_t> dynamic_value(std::int64_t tag) const;
  /// Texts of the dynamic entries with this tag (DT_NEEDED …), in file order.
  [[nodiscard]] std::vector<std::string_view> dynamic_strings(std::int64_t tag) const;
  /// Where the byte of this address lies in the file.
  [[nodiscard]] std::optional<std::uint64_t> offset_of(std::uint64_t address) const;
  [[nodiscard]] Decoder decoder(std::string_view bytes) const { return {bytes, header_.big_endian}; }
  /// What is wrong with the file, one sentence each.
  [[nodiscard]] std::span<const std::string> findings() const { return findings_; }

 private:
  Binary() = default;
  void parse_header();
  void parse_segments();
  void parse_sections();
  void parse_dynamic();
  void find(std::string finding) { findings_.push_back(std::move(finding)); }
  [[nodiscard]] std::uint64_t entries_within(std::uint64_t offset, std::uint64_t count, std::uint64_t entry) const;

  std::vector<char> bytes_;
  Header header_;
  std::vector<Segment> segments_;
  std::vector<Section> sections_;
  std::vector<DynamicEntry> dynamic_;
  std::vector<std::string> findings_;
};

}  // namespace frostbyte::elf
