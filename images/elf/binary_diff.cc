#include "images/elf/binary_diff.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>

#include "images/elf/symbols.h"

namespace frostbyte::elf {
namespace {

/// A row's bytes wherever they lie, in file order; compared piece by piece without copying.
struct Content {
  std::uint64_t bytes = 0;
  std::vector<std::string_view> parts;

  [[nodiscard]] bool operator==(const Content& other) const {
    if (bytes != other.bytes) return false;
    if (parts.size() == 1 && other.parts.size() == 1) return parts.front() == other.parts.front();
    return joined() == other.joined();
  }
  [[nodiscard]] std::string joined() const {
    std::string text;
    for (const std::string_view part : parts) text += part;
    return text;
  }
};

using Contents = std::map<std::string, Content>;

Contents contents_of(const Binary& binary) {
  const Account figures = account(binary);
  Contents contents;
  for (const Piece& piece : figures.pieces) {
    Content& content = contents[figures.rows[piece.row].name];
    content.bytes += piece.size;
    content.parts.push_back(binary.slice(piece.offset, piece.size));
  }
  return contents;
}

Change by_size(std::uint64_t base, std::uint64_t candidate) {
  if (base != candidate) return base < candidate ? Change::grown : Change::shrunk;
  return Change::same;
}

/// Walks two sorted maps side by side; `compare` is asked about names in both.
template <class Map, class Size, class Compare>
std::vector<Difference> merge(const Map& base, const Map& candidate, Size size, Compare compare) {
  std::vector<Difference> rows;
  for (const auto& [name, value] : base) {
    const auto other = candidate.find(name);
    if (other == candidate.end()) {
      rows.push_back({std::string(name), Change::removed, size(value), 0});
    } else {
      rows.push_back({std::string(name), compare(value, other->second), size(value), size(other->second)});
    }
  }
  for (const auto& [name, value] : candidate) {
    if (!base.contains(name)) rows.push_back({std::string(name), Change::added, 0, size(value)});
  }
  std::ranges::stable_sort(rows, std::greater<>(), [](const Difference& row) { return std::abs(row.growth()); });
  return rows;
}

std::map<std::string_view, std::uint64_t> symbol_sizes(const Binary& binary) {
  std::map<std::string_view, std::uint64_t> sizes;
  for (const SymbolRow& row : account_symbols(binary).rows) sizes[row.name] += row.file_bytes;
  return sizes;
}

bool is_build_id(const Difference& row) { return row.name == ".note.gnu.build-id" || row.name == ".note.go.buildid"; }

}  // namespace

std::string_view to_string(Change change) {
  constexpr std::array<std::string_view, 6> kNames = {"added", "removed", "grown", "shrunk", "changed", "same"};
  return kNames.at(static_cast<std::size_t>(change));
}

BinaryDiff diff(const Binary& base, const Binary& candidate) {
  BinaryDiff result;
  result.rows = merge(
      contents_of(base), contents_of(candidate), [](const Content& content) { return content.bytes; },
      [](const Content& a, const Content& b) {
        if (a.bytes != b.bytes) return by_size(a.bytes, b.bytes);
        return a == b ? Change::same : Change::changed;
      });
  result.symbols =
      merge(symbol_sizes(base), symbol_sizes(candidate), [](std::uint64_t bytes) { return bytes; }, by_size);
  std::erase_if(result.symbols, [](const Difference& row) { return row.change == Change::same || row.growth() == 0; });
  result.same_but_for_build_id = std::ranges::all_of(
      result.rows, [](const Difference& row) { return row.change == Change::same || is_build_id(row); });
  return result;
}

}  // namespace frostbyte::elf
