#include "images/elf/account.h"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <tuple>

#include "images/elf/file_view.h"

namespace frostbyte::elf {
namespace {

// A deflate stream cannot expand further; a zstd frame can, and nobody's debug information does.
constexpr std::uint64_t kHighestRatio = 1032;

/// What a compressed section says it expands to; its own size when it is not compressed. Nothing is decompressed.
std::uint64_t expanded_size(const Binary& binary, const Section& section) {
  const std::string_view content = binary.content(section);
  if ((section.flags & SHF_COMPRESSED) != 0) {
    const bool wide = binary.header().word_bits == 64;
    return binary.decoder(content).at(wide ? 8 : 4, wide ? 8 : 4);
  }
  // The old GNU form: "ZLIB", then the size, big-endian in any file.
  if (section.name.starts_with(".zdebug") && content.starts_with("ZLIB")) return Decoder(content, true).at(4, 8);
  return content.size();
}

void add_debug(const Binary& binary, Account& account) {
  for (const Section& section : binary.sections()) {
    if (!is_debug(section) || !section.in_file()) continue;
    std::uint64_t expanded = expanded_size(binary, section);
    const std::uint64_t stored = binary.content(section).size();
    if (expanded / kHighestRatio > stored) {
      account.findings.push_back(
          fmt::format("section {} claims to expand from {} to {} bytes, which no compression does", section.name,
                      stored, expanded));
      expanded = stored;
    }
    account.debug_expanded_bytes += expanded;
  }
}

/// Largest first, so that reports can stop anywhere; pieces follow the rows to their new places.
void sort_rows(Account& account) {
  std::vector<std::uint32_t> order(account.rows.size()), place(order.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::sort(order, [&](std::uint32_t a, std::uint32_t b) {
    const Row &x = account.rows[a], &y = account.rows[b];
    return std::tie(y.file_bytes, y.mapped_bytes, x.name, x.label) <
           std::tie(x.file_bytes, x.mapped_bytes, y.name, y.label);
  });
  std::vector<Row> rows;
  for (std::uint32_t i = 0; i < order.size(); ++i) {
    place[order[i]] = i;
    Row& row = account.rows[order[i]];
    if (row.file_bytes > 0 || row.mapped_bytes > 0) rows.push_back(std::move(row));
  }
  for (Piece& piece : account.pieces) piece.row = place[piece.row];
  account.rows = std::move(rows);
}

}  // namespace

Account account(const Binary& binary) {
  Account account;
  account.findings.assign(binary.findings().begin(), binary.findings().end());
  Rows rows;
  view_file(binary, rows, account);
  view_memory(binary, rows, account);
  account.rows = std::move(rows.all());
  for (const Row& row : account.rows) {
    account.file_by_label.at(static_cast<std::size_t>(row.label)) += row.file_bytes;
    account.mapped_by_label.at(static_cast<std::size_t>(row.label)) += row.mapped_bytes;
  }
  add_debug(binary, account);
  sort_rows(account);
  return account;
}

}  // namespace frostbyte::elf
