#include "images/elf/symbols.h"

#include <elf.h>

#include <algorithm>
#include <tuple>

#include "images/elf/claims.h"

namespace frostbyte::elf {
namespace {

constexpr std::uint64_t kLargestSection = 1ULL << 32;  // of a zero-filled one; keeps sums of them in 64 bits

std::string_view name_in(std::string_view names, std::uint64_t offset) {
  if (offset >= names.size()) return {};
  constexpr std::size_t kLongest = 4096;
  const std::string_view rest = names.substr(offset, kLongest);
  return rest.substr(0, std::min(rest.find('\0'), rest.size()));
}

/// Section indices too large for a symbol's 16 bits stand in a table of their own.
std::string_view wide_indices(const Binary& binary, std::uint32_t table) {
  for (const Section& section : binary.sections()) {
    if (section.type == SHT_SYMTAB_SHNDX && section.link == table) return binary.content(section);
  }
  return {};
}

bool has_bytes(const Symbol& symbol) {
  return symbol.size > 0 && (symbol.type == STT_FUNC || symbol.type == STT_OBJECT || symbol.type == STT_TLS ||
                             symbol.type == STT_GNU_IFUNC || symbol.type == STT_NOTYPE);
}

/// All sections laid end to end, so that one sweep attributes the bytes of all of them.
class Sections {
 public:
  explicit Sections(const Binary& binary) : binary_(binary) {
    const Segment* tls = binary.segment(PT_TLS);
    thread_local_address_ = tls != nullptr ? tls->address : 0;
    for (const Section& section : binary.sections()) {
      begins_.push_back(total_);
      if (!section.allocated() && binary.header().type != ET_REL) continue;
      total_ += section.in_file() ? binary.content(section).size() : std::min(section.size, kLargestSection);
    }
    begins_.push_back(total_);
  }

  [[nodiscard]] std::uint64_t total() const { return total_; }

  /// Where the symbol's bytes lie; an empty claim when it has none in its section. A thread-local symbol's value is an
  /// offset from the start of the TLS segment, not an address.
  [[nodiscard]] Claim place(const Symbol& symbol) const {
    if (!has_bytes(symbol) || symbol.section == 0 || symbol.section >= binary_.sections().size()) return {};
    const Section& section = binary_.sections()[symbol.section];
    std::uint64_t value = symbol.value;
    if (binary_.header().type != ET_REL) {
      if (symbol.type == STT_TLS) value += thread_local_address_;
      value -= section.address;
    }
    const std::uint64_t begin = begins_[symbol.section], size = begins_[symbol.section + 1] - begin;
    if (value >= size) return {};
    return {.begin = begin + value, .end = begin + value + std::min(symbol.size, size - value)};
  }

  [[nodiscard]] std::uint64_t code_bytes() const {
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < binary_.sections().size(); ++i) {
      if ((binary_.sections()[i].flags & SHF_EXECINSTR) != 0) bytes += begins_[i + 1] - begins_[i];
    }
    return bytes;
  }

 private:
  const Binary& binary_;
  std::vector<std::uint64_t> begins_;
  std::uint64_t total_ = 0;
  std::uint64_t thread_local_address_ = 0;
};

/// Which of several names of the same bytes is shown: the one others link to, then the shorter, then by alphabet.
auto preference(const Symbol& symbol) {
  const int binding = symbol.binding == STB_GLOBAL ? 0 : symbol.binding == STB_WEAK ? 1 : 2;
  return std::tuple(binding, symbol.name.size(), symbol.name);
}

/// One or more symbols with the same bytes.
struct Group {
  Claim claim;
  std::uint32_t symbol = 0;  ///< the one that is shown
  std::uint32_t aliases = 0;
};

/// In the order in which they take bytes: of two overlapping symbols the larger first.
std::vector<Group> group(const std::vector<Symbol>& symbols, const Sections& sections) {
  std::vector<Group> placed, groups;
  for (std::uint32_t i = 0; i < symbols.size(); ++i) {
    if (const Claim claim = sections.place(symbols[i]); claim.begin < claim.end) placed.push_back({claim, i});
  }
  std::ranges::sort(placed, [&](const Group& a, const Group& b) {
    const std::uint64_t a_size = a.claim.end - a.claim.begin, b_size = b.claim.end - b.claim.begin;
    if (a_size != b_size) return a_size > b_size;
    if (a.claim.begin != b.claim.begin) return a.claim.begin < b.claim.begin;
    return preference(symbols[a.symbol]) < preference(symbols[b.symbol]);
  });
  for (const Group& one : placed) {
    if (!groups.empty() && groups.back().claim.begin == one.claim.begin && groups.back().claim.end == one.claim.end) {
      ++groups.back().aliases;
    } else {
      groups.push_back(one);
    }
  }
  return groups;
}

std::vector<Owned> divide_among(const std::vector<Group>& groups, std::uint64_t total) {
  std::vector<Claim> claims;
  for (const Group& one : groups) {
    claims.push_back(one.claim);
    claims.back().owner = static_cast<std::uint32_t>(claims.size() - 1);
  }
  return divide(total, claims);
}

void add_rows(const Binary& binary, const std::vector<Symbol>& symbols, SymbolAccount& account) {
  const Sections sections(binary);
  account.code_bytes = sections.code_bytes();
  const std::vector<Group> groups = group(symbols, sections);
  for (const Group& one : groups) {
    const Symbol& symbol = symbols[one.symbol];
    account.rows.push_back(
        {.name = symbol.name, .section = binary.sections()[symbol.section].name, .aliases = one.aliases});
  }
  for (const Owned& piece : divide_among(groups, sections.total())) {
    if (piece.owner == kNobody) continue;
    const Section& section = binary.sections()[symbols[groups[piece.owner].symbol].section];
    account.rows[piece.owner].bytes += piece.size();
    account.attributed_bytes += piece.size();
    if (section.in_file()) account.rows[piece.owner].file_bytes += piece.size();
    if ((section.flags & SHF_EXECINSTR) != 0) account.code_attributed += piece.size();
  }
}

}  // namespace

std::vector<Symbol> read_symbols(const Binary& binary, std::uint32_t table_type) {
  std::vector<Symbol> symbols;
  const auto sections = binary.sections();
  const auto table = std::ranges::find(sections, table_type, &Section::type);
  if (table == sections.end() || table->link >= sections.size()) return symbols;
  const std::string_view names = binary.content(sections[table->link]);
  const Decoder entries = binary.decoder(binary.content(*table));
  const auto index = static_cast<std::uint32_t>(table - sections.begin());
  const Decoder wide = binary.decoder(wide_indices(binary, index));
  const bool is_64 = binary.header().word_bits == 64;
  const std::uint64_t entry = is_64 ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
  const std::uint64_t count = binary.content(*table).size() / entry;
  symbols.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t at = i * entry;
    const std::uint64_t info = entries.at(at + (is_64 ? 4 : 12), 1);
    Symbol symbol{.name = name_in(names, entries.at(at, 4)),
                  .type = static_cast<std::uint8_t>(info & 0xf),
                  .binding = static_cast<std::uint8_t>(info >> 4),
                  .section = static_cast<std::uint32_t>(entries.at(at + (is_64 ? 6 : 14), 2)),
                  .value = entries.at(at + (is_64 ? 8 : 4), is_64 ? 8 : 4),
                  .size = entries.at(at + (is_64 ? 16 : 8), is_64 ? 8 : 4)};
    if (symbol.section == SHN_XINDEX) symbol.section = static_cast<std::uint32_t>(wide.at(i * 4, 4));
    // Absolute and common symbols have no section.
    else if (symbol.section >= SHN_LORESERVE)
      symbol.section = 0;
    symbols.push_back(symbol);
  }
  return symbols;
}

SymbolAccount account_symbols(const Binary& binary) {
  SymbolAccount account;
  std::vector<Symbol> symbols = read_symbols(binary, SHT_SYMTAB);
  if (symbols.empty()) symbols = read_symbols(binary, SHT_DYNSYM);
  account.has_table = !symbols.empty();
  add_rows(binary, symbols, account);
  std::erase_if(account.rows, [](const SymbolRow& row) { return row.bytes == 0; });
  std::ranges::sort(account.rows, [](const SymbolRow& a, const SymbolRow& b) {
    return a.bytes != b.bytes ? a.bytes > b.bytes : std::tie(a.name, a.section) < std::tie(b.name, b.section);
  });
  return account;
}

}  // namespace frostbyte::elf
