// The addresses a program's segments take: those backed by the file have the label of their byte in the file, the
// zero-filled rest the label of its NOBITS section. .tbss takes none: each thread gets its copy elsewhere.
#include <elf.h>
#include <fmt/format.h>

#include <algorithm>

#include "images/elf/claims.h"
#include "images/elf/file_view.h"

namespace frostbyte::elf {
namespace {

constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kEnd = UINT64_MAX;

std::uint64_t end_of(std::uint64_t begin, std::uint64_t size) { return size > kEnd - begin ? kEnd : begin + size; }

class MemoryView {
 public:
  MemoryView(const Binary& binary, Rows& rows, Account& account) : binary_(binary), rows_(rows), account_(account) {}

  void run() {
    claim_loads();
    for (const Owned& piece : divide(kEnd, loads_)) {
      if (piece.owner != kNobody) map(piece);
    }
    add_backed();
    add_zero_filled();
  }

 private:
  void claim_loads() {
    const auto segments = binary_.segments();
    bool overflows = false;
    std::vector<Claim> pages;
    for (std::uint32_t i = 0; i < segments.size(); ++i) {
      const Segment& segment = segments[i];
      if (segment.type != PT_LOAD) continue;
      const std::uint64_t end = end_of(segment.address, segment.memory_size);
      overflows = overflows || end - segment.address != segment.memory_size;
      loads_.push_back({.begin = segment.address, .end = end, .rank = 0, .owner = i});
      const std::uint64_t last = end > kEnd - kPage ? kEnd : (end + kPage - 1) / kPage * kPage;
      if (segment.memory_size > 0) pages.push_back({.begin = segment.address / kPage * kPage, .end = last});
    }
    if (overflows) account_.findings.emplace_back("a segment reaches beyond the end of the address space");
    for (const Owned& piece : divide(kEnd, pages)) {
      if (piece.owner != kNobody) account_.mapped_page_bytes += piece.size();
    }
  }

  /// Splits one piece of the address space into what the file backs, what lies after the file, and zeros.
  void map(const Owned& piece) {
    account_.mapped_bytes += piece.size();
    const Segment& segment = binary_.segments()[piece.owner];
    const std::uint64_t into = piece.begin - segment.address;
    const std::uint64_t backed = segment.file_size > into ? std::min(segment.file_size - into, piece.size()) : 0;
    const std::uint64_t begin = end_of(segment.offset, into);
    const std::uint64_t in_file = begin < account_.file_bytes ? std::min(backed, account_.file_bytes - begin) : 0;
    if (in_file > 0) {
      backing_.emplace_back(begin, 1);
      backing_.emplace_back(begin + in_file, -1);
    }
    if (backed > in_file) mapped("[beyond the file]", Label::other, backed - in_file);
    if (piece.size() > backed)
      zeros_.push_back({.begin = piece.begin + backed, .end = piece.end, .owner = piece.owner});
  }

  void mapped(const std::string& name, Label label, std::uint64_t bytes) {
    rows_.all()[rows_.index_of(name, label)].mapped_bytes += bytes;
  }

  /// Each piece of the file counts as often as it is mapped.
  void add_backed() {
    std::ranges::sort(backing_);
    std::uint64_t times = 0;
    std::size_t next = 0;
    for (const Piece& piece : account_.pieces) {
      const std::uint64_t end = piece.offset + piece.size;
      for (std::uint64_t at = piece.offset; at < end;) {
        for (; next < backing_.size() && backing_[next].first <= at; ++next)
          times += static_cast<std::uint64_t>(backing_[next].second);
        const std::uint64_t until = next < backing_.size() ? std::min(end, backing_[next].first) : end;
        rows_.all()[piece.row].mapped_bytes += (until - at) * times;
        at = until;
      }
    }
  }

  /// The part of a NOBITS section that lies in zero-filled memory.
  [[nodiscard]] Claim clip(const Section& section, std::uint32_t row) const {
    const auto after = std::ranges::upper_bound(zeros_, section.address, {}, &Owned::begin);
    if (after == zeros_.begin()) return {};
    const Owned& zero = *std::prev(after);
    const std::uint64_t end = std::min(zero.end, end_of(section.address, section.size));
    return {.begin = section.address, .end = end, .rank = 0, .owner = row};
  }

  void add_zero_filled() {
    std::vector<Claim> claims;
    for (const Section& section : binary_.sections()) {
      if (section.type != SHT_NOBITS || !section.allocated() || (section.flags & SHF_TLS) != 0) continue;
      claims.push_back(clip(section, rows_.index_of(std::string(section.name), label_of(section, false))));
    }
    std::uint64_t rest = 0;
    for (const Owned& zero : zeros_) rest += zero.size();
    for (const Owned& piece : divide(kEnd, claims)) {
      if (piece.owner == kNobody) continue;
      rows_.all()[piece.owner].mapped_bytes += piece.size();
      rest -= piece.size();
    }
    if (rest > 0) mapped("[zero fill]", Label::writable, rest);
  }

  const Binary& binary_;
  Rows& rows_;
  Account& account_;
  std::vector<Claim> loads_;
  std::vector<std::pair<std::uint64_t, std::int64_t>> backing_;  // offset in the file, mapped from here on once more
  std::vector<Owned> zeros_;                                     // by address
};

}  // namespace

void view_memory(const Binary& binary, Rows& rows, Account& account) {
  if (binary.is_elf()) MemoryView(binary, rows, account).run();
}

}  // namespace frostbyte::elf
