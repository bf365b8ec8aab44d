#include "images/elf/symbols.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rapidcheck.h>

#include "elf_builder.h"
#include "images/elf/binary_diff.h"
#include "images/elf/demangle.h"
#include "images/elf/figures.h"

namespace frostbyte::elf {
namespace {

using test::ElfBuilder;
using test::raw;
using test::symbol;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint64_t kAx = SHF_ALLOC | SHF_EXECINSTR, kAw = SHF_ALLOC | SHF_WRITE;

/// Code of 100 bytes at 0x1000, zeros of 50 at 0x2000, and a symbol table over both.
ElfBuilder with_symbols(const std::vector<std::pair<std::string, Elf64_Sym>>& symbols) {
  ElfBuilder builder;
  builder.add({.name = ".text", .flags = kAx, .address = 0x1000, .content = std::string(100, 'c')});
  builder.add({.name = ".bss", .type = SHT_NOBITS, .flags = kAw, .address = 0x2000, .size = 50});
  std::string names(1, '\0'), table = raw(Elf64_Sym{});
  for (auto [name, entry] : symbols) {
    entry.st_name = static_cast<Elf64_Word>(names.size());
    names += name + '\0';
    table += raw(entry);
  }
  builder.add({.name = ".symtab", .type = SHT_SYMTAB, .content = table, .alignment = 8, .link = 4});
  builder.add({.name = ".strtab", .type = SHT_STRTAB, .content = names});
  return builder;
}

std::vector<std::tuple<std::string, std::uint64_t, std::uint64_t, std::uint32_t>> rows_of(
    const SymbolAccount& account) {
  std::vector<std::tuple<std::string, std::uint64_t, std::uint64_t, std::uint32_t>> rows;
  for (const SymbolRow& row : account.rows) rows.emplace_back(row.name, row.bytes, row.file_bytes, row.aliases);
  return rows;
}

TEST(AccountSymbols, CountsAliasesOnceAndSharesNoByte) {
  const Binary binary = Binary::parse(with_symbols({{"local", symbol(0, 1, 0x1000, 40, STT_FUNC, STB_LOCAL)},
                                                    {"global", symbol(0, 1, 0x1000, 40)},
                                                    {"also", symbol(0, 1, 0x1000, 40, STT_FUNC, STB_WEAK)},
                                                    {"inner", symbol(0, 1, 0x1008, 8)},
                                                    {"overlaps", symbol(0, 1, 0x1020, 20)},
                                                    {"zeros", symbol(0, 2, 0x2000, 30, STT_OBJECT)}})
                                          .build());
  const SymbolAccount account = account_symbols(binary);
  EXPECT_THAT(rows_of(account), ElementsAre(std::tuple("global", 40U, 40U, 2U), std::tuple("zeros", 30U, 0U, 0U),
                                            std::tuple("overlaps", 12U, 12U, 0U)));
  EXPECT_EQ(account.attributed_bytes, 82U);
  EXPECT_EQ(account.code_bytes, 100U);
  EXPECT_EQ(account.code_attributed, 52U);
}

TEST(AccountSymbols, TakesThreadLocalValuesAsOffsetsFromTheirSegment) {
  ElfBuilder builder;
  builder.add_segment(PT_TLS, PF_R, 0, 16, 64, 0x3000);
  builder.add({.name = ".tdata", .flags = kAw | SHF_TLS, .address = 0x3000, .content = std::string(16, 't')});
  builder.add({.name = ".tbss", .type = SHT_NOBITS, .flags = kAw | SHF_TLS, .address = 0x3010, .size = 48});
  const std::string names("\0set\0zero\0", 10);
  builder.add({.name = ".symtab",
               .type = SHT_SYMTAB,
               .content = raw(Elf64_Sym{}) + raw(symbol(1, 1, 8, 8, STT_TLS)) + raw(symbol(5, 2, 16, 40, STT_TLS)),
               .link = 4});
  builder.add({.name = ".strtab", .type = SHT_STRTAB, .content = names});
  EXPECT_THAT(rows_of(account_symbols(Binary::parse(builder.build()))),
              ElementsAre(std::tuple("zero", 40U, 0U, 0U), std::tuple("set", 8U, 8U, 0U)));
}

TEST(AccountSymbols, CutsOffWhatReachesBeyondTheSection) {
  const Binary binary = Binary::parse(with_symbols({{"huge", symbol(0, 1, 0x1032, UINT64_MAX)},
                                                    {"elsewhere", symbol(0, 1, 0x9000, 10)},
                                                    {"before", symbol(0, 1, 0x10, 10)},
                                                    {"absolute", symbol(0, SHN_ABS, 0x1000, 10)},
                                                    {"nowhere", symbol(0, 77, 0x1000, 10)}})
                                          .build());
  EXPECT_THAT(rows_of(account_symbols(binary)), ElementsAre(std::tuple("huge", 50U, 50U, 0U)));
}

TEST(AccountSymbols, NeverAttributesMoreThanThereIs) {
  EXPECT_TRUE(rc::check("whatever the table says", [] {
    const auto entries = *rc::gen::container<std::vector<std::tuple<std::uint16_t, std::uint64_t, std::uint64_t>>>(
        rc::gen::tuple(rc::gen::inRange<std::uint16_t>(0, 6), rc::gen::inRange<std::uint64_t>(0xff0, 0x2040),
                       rc::gen::oneOf(rc::gen::inRange<std::uint64_t>(0, 120), rc::gen::arbitrary<std::uint64_t>())));
    std::vector<std::pair<std::string, Elf64_Sym>> symbols;
    for (const auto& [section, value, size] : entries) {
      symbols.emplace_back("s" + std::to_string(symbols.size()), symbol(0, section, value, size));
    }
    ElfBuilder builder = with_symbols(symbols);
    const Binary binary = Binary::parse(builder.build());
    const SymbolAccount account = account_symbols(binary);
    std::uint64_t sum = 0;
    for (const SymbolRow& row : account.rows) sum += row.bytes;
    RC_ASSERT(sum == account.attributed_bytes);
    RC_ASSERT(sum <= 150U);
    RC_ASSERT(account.code_attributed <= account.code_bytes);
  }));
}

TEST(AccountSymbols, IsEmpty_ForAStrippedFile) {
  ElfBuilder builder;
  builder.add({.name = ".text", .flags = kAx, .content = std::string(10, 'c')});
  const SymbolAccount account = account_symbols(Binary::parse(builder.build()));
  EXPECT_FALSE(account.has_table);
  EXPECT_THAT(account.rows, IsEmpty());
  EXPECT_EQ(account.code_bytes, 10U);
}

// ---- names ----

TEST(Demangle, WritesNamesAsTheirLanguagesDo) {
  EXPECT_EQ(demangle("_ZNSt6vectorIiSaIiEE9push_backERKi"),
            "std::vector<int, std::allocator<int> >::push_back(int const&)");
  EXPECT_EQ(demangle("_ZN4core3fmt9Formatter9write_str17h0123456789abcdefE"), "core::fmt::Formatter::write_str");
  EXPECT_EQ(demangle("_ZN36_$LT$str$u20$as$u20$foo..Display$GT$3fmt17h0123456789abcdefE"),
            "<str as foo::Display>::fmt");
  EXPECT_EQ(demangle("_RNvNtCs1234_7mycrate3foo3bar"), "mycrate::foo::bar") << "v0";
  EXPECT_EQ(demangle("runtime.mallocgc"), "runtime.mallocgc");
  EXPECT_EQ(demangle("main.(*T).Run-fm"), "main.(*T).Run-fm");
  EXPECT_EQ(demangle("main"), "main");
  EXPECT_EQ(demangle("_Znonsense"), "_Znonsense");
  EXPECT_EQ(demangle(""), "");
}

TEST(Demangle, GivesUpOnANameThatStandsForAnEndlessOne) {
  // Each pair doubles the one before it: forty of them are a name of 2^40 characters.
  std::string bomb = "_Z1fSt4pairIiiE";
  for (int i = 0; i < 40; ++i) {
    bomb += "St4pairIS" +
            (i == 0 ? std::string() : std::string(1, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[(i - 1) % 36])) + "_S" +
            (i == 0 ? std::string() : std::string(1, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[(i - 1) % 36])) + "_E";
  }
  EXPECT_LE(demangle(bomb).size(), 16384U);
}

// ---- differences ----

Binary build_of(const std::string& code, const std::string& id, std::uint64_t size) {
  ElfBuilder builder = with_symbols({{"f", symbol(0, 1, 0x1000, size)}, {"g", symbol(0, 1, 0x1000 + size, 10)}});
  builder.sections[0].content = code;
  builder.sections[0].alignment = 8;
  builder.add({.name = ".note.gnu.build-id", .type = SHT_NOTE, .flags = SHF_ALLOC, .content = id});
  return Binary::parse(builder.build());
}

TEST(BinaryDiff, SeesThatOnlyTheBuildIdDiffers) {
  const Binary base = build_of(std::string(100, 'c'), "0123456789", 20);
  const BinaryDiff result = diff(base, build_of(std::string(100, 'c'), "abcdefghij", 20));
  EXPECT_TRUE(result.same_but_for_build_id);
  EXPECT_THAT(result.symbols, IsEmpty());
  EXPECT_FALSE(diff(base, build_of(std::string(99, 'c') + "d", "0123456789", 20)).same_but_for_build_id)
      << "as large, but with other code";
}

TEST(BinaryDiff, SumsToTheDifferenceInSize) {
  const Binary base = build_of(std::string(100, 'c'), "0123456789", 20),
               grown = build_of(std::string(140, 'c'), "0123456789", 60);
  const BinaryDiff result = diff(base, grown);
  std::int64_t growth = 0;
  for (const Difference& row : result.rows) growth += row.growth();
  EXPECT_EQ(growth, static_cast<std::int64_t>(grown.bytes().size()) - static_cast<std::int64_t>(base.bytes().size()));
  EXPECT_EQ(result.rows.front().name, ".text");
  EXPECT_EQ(result.rows.front().change, Change::grown);
  EXPECT_EQ(result.rows.front().growth(), 40);
  ASSERT_EQ(result.symbols.size(), 1U);
  EXPECT_EQ(result.symbols.front().name, "f");
  EXPECT_EQ(result.symbols.front().growth(), 40);
}

TEST(BinaryDiff, NamesWhatCameAndWhatWent) {
  ElfBuilder with_debug;
  with_debug.add({.name = ".text", .flags = kAx, .content = "cc"});
  ElfBuilder without = with_debug;
  with_debug.add({.name = ".debug_info", .content = "dddd"});
  const Binary a = Binary::parse(with_debug.build()), b = Binary::parse(without.build());
  const auto change_of = [](const BinaryDiff& result) {
    for (const Difference& row : result.rows) {
      if (row.name == ".debug_info") return row.change;
    }
    return Change::same;
  };
  EXPECT_EQ(change_of(diff(a, b)), Change::removed);
  EXPECT_EQ(change_of(diff(b, a)), Change::added);
}

// ---- figures ----

TEST(Figures, OfTheFileSumToItsSize) {
  const Binary binary = build_of(std::string(100, 'c'), "0123456789", 20);
  const auto all = figures(account(binary), fingerprint(binary), savings(binary));
  ASSERT_EQ(all.front().metric, "binary.file");
  std::int64_t sum = 0;
  for (std::size_t i = 1; i <= kLabels; ++i) sum += all[i].value;
  EXPECT_EQ(sum, all.front().value);
}

}  // namespace
}  // namespace frostbyte::elf
