#include "images/elf/file_view.h"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "images/elf/claims.h"

namespace frostbyte::elf {
namespace {

/// Tables that describe the others win over what they describe; a segment owns what no section of it does.
enum Rank : std::uint32_t { header_rank, table_rank, section_rank, part_rank, load_rank };

std::string permissions(std::uint32_t flags) {
  return {(flags & PF_R) != 0 ? 'r' : '-', (flags & PF_W) != 0 ? 'w' : '-', (flags & PF_X) != 0 ? 'x' : '-'};
}

bool is_zero(std::string_view bytes) { return bytes.find_first_not_of('\0') == std::string_view::npos; }

class FileView {
 public:
  FileView(const Binary& binary, Rows& rows, Account& account) : binary_(binary), rows_(rows), account_(account) {}

  void run() {
    claim_headers();
    claim_sections();
    claim_segments();
    pieces_ = divide(binary_.bytes().size(), claims_);
    for (std::size_t i = 0; i < pieces_.size(); ++i) add(pieces_[i], owner_of(i));
    if (overlapping_ > 0) {
      account_.findings.push_back(
          fmt::format("{} bytes are claimed by more than one section; the first of them has them", overlapping_));
    }
  }

 private:
  void claim(std::uint64_t offset, std::uint64_t size, Rank rank, std::uint32_t row) {
    const std::uint64_t file = binary_.bytes().size();
    if (offset >= file) return;
    claims_.push_back({.begin = offset, .end = offset + std::min(size, file - offset), .rank = rank, .owner = row});
  }

  void claim_headers() {
    const Header& header = binary_.header();
    claim(0, header.size, header_rank, rows_.index_of("[ELF header]", Label::headers));
    claim(header.segments_offset, header.segments_count * header.segments_entry, table_rank,
          rows_.index_of("[program headers]", Label::headers));
    claim(header.sections_offset, header.sections_count * header.sections_entry, table_rank,
          rows_.index_of("[section headers]", Label::headers));
  }

  /// Sections that hold the names of an unmapped symbol table.
  [[nodiscard]] std::set<std::uint64_t> symbol_name_sections() const {
    std::set<std::uint64_t> links;
    for (const Section& section : binary_.sections()) {
      if (section.type == SHT_SYMTAB) links.insert(section.link);
    }
    return links;
  }

  void claim_sections() {
    const std::set<std::uint64_t> symbol_names = symbol_name_sections();
    const auto sections = binary_.sections();
    std::size_t outside = 0;
    for (std::size_t i = 0; i < sections.size(); ++i) {
      const Section& section = sections[i];
      if (!section.in_file() || section.size == 0) continue;
      Label label = label_of(section, symbol_names.contains(i));
      if (i == binary_.header().names_section && label == Label::other) label = Label::headers;
      const std::string name = section.name.empty() ? fmt::format("[section {}]", i) : std::string(section.name);
      if (binary_.content(section).size() < section.size) ++outside;
      claim(section.offset, section.size, section_rank, rows_.index_of(name, label));
    }
    if (outside > 0) account_.findings.push_back(fmt::format("{} sections reach beyond the end of the file", outside));
  }

  void claim_segments() {
    const auto segments = binary_.segments();
    std::size_t outside = 0;
    for (std::size_t i = 0; i < segments.size(); ++i) {
      const Segment& segment = segments[i];
      const bool load = segment.type == PT_LOAD;
      const bool part = segment.type == PT_NOTE || segment.type == PT_INTERP || segment.type == PT_DYNAMIC ||
                        segment.type == PT_GNU_EH_FRAME;
      if ((!load && !part) || segment.file_size == 0) continue;
      if (binary_.content(segment).size() < segment.file_size) ++outside;
      const std::string name = load ? fmt::format("[LOAD {} {}]", i, permissions(segment.flags))
                                    : fmt::format("[{} segment]", to_string(label_of(segment)));
      claim(segment.offset, segment.file_size, load ? load_rank : part_rank, rows_.index_of(name, label_of(segment)));
      if (load) loads_.insert(rows_.index_of(name, label_of(segment)));
    }
    if (outside > 0) account_.findings.push_back(fmt::format("{} segments reach beyond the end of the file", outside));
  }

  /// The row of piece `i`: its claim's, unless it only fills the space between two sections.
  std::uint32_t owner_of(std::size_t i) {
    const Owned& piece = pieces_[i];
    if (piece.owner != kNobody && !loads_.contains(piece.owner)) return piece.owner;
    const bool last = i + 1 == pieces_.size();
    if (piece.owner == kNobody && last) return rows_.index_of("[trailing data]", Label::trailing);
    if (is_gap(i)) return rows_.index_of("[padding]", Label::padding);
    if (piece.owner != kNobody) return piece.owner;
    return rows_.index_of("[unclaimed]", Label::other);
  }

  /// All zeros and, when a segment maps it, beside a section; or too short for anything but alignment (between code,
  /// linkers fill with other bytes than zero).
  [[nodiscard]] bool is_gap(std::size_t i) const {
    const Owned& piece = pieces_[i];
    if (piece.owner != kNobody && !has_sections()) return false;
    if (is_zero(binary_.slice(piece.begin, piece.size()))) return true;
    constexpr std::uint64_t kShortest = 64;  // no instruction cache line is longer
    return piece.size() < kShortest && i > 0 && i + 1 < pieces_.size();
  }

  /// False for a file without section headers, where a segment's bytes are the segment's.
  [[nodiscard]] bool has_sections() const { return binary_.sections().size() > 1; }

  void add(const Owned& piece, std::uint32_t row) {
    rows_.all()[row].file_bytes += piece.size();
    if (piece.claims > 1 && piece.owner != kNobody && !loads_.contains(piece.owner)) overlapping_ += piece.size();
    if (!account_.pieces.empty() && account_.pieces.back().row == row) {
      account_.pieces.back().size += piece.size();
    } else {
      account_.pieces.push_back({.offset = piece.begin, .size = piece.size(), .row = row});
    }
  }

  const Binary& binary_;
  Rows& rows_;
  Account& account_;
  std::vector<Claim> claims_;
  std::vector<Owned> pieces_;
  std::set<std::uint32_t> loads_;
  std::uint64_t overlapping_ = 0;
};

}  // namespace

std::uint32_t Rows::index_of(std::string name, Label label) {
  const auto [found, added] = indices_.try_emplace({std::move(name), label}, static_cast<std::uint32_t>(rows_.size()));
  if (added) rows_.push_back({.name = found->first.first, .label = label});
  return found->second;
}

void view_file(const Binary& binary, Rows& rows, Account& account) {
  account.file_bytes = binary.bytes().size();
  if (binary.is_elf()) {
    FileView(binary, rows, account).run();
  } else if (account.file_bytes > 0) {
    rows.all()[rows.index_of("[not ELF]", Label::trailing)].file_bytes = account.file_bytes;
    account.pieces.push_back({.offset = 0, .size = account.file_bytes, .row = 0});
  }
}

}  // namespace frostbyte::elf
