#include "images/elf/account.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rapidcheck.h>
#include <algorithm>
#include <fstream>
#include <numeric>

#include "elf_builder.h"
#include "images/elf/claims.h"
#include "launcher/base/file.h"

namespace frostbyte::elf {
namespace {

using test::ElfBuilder;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint64_t kAx = SHF_ALLOC | SHF_EXECINSTR, kAw = SHF_ALLOC | SHF_WRITE;

Account account_of(ElfBuilder builder) { return account(Binary::parse(builder.build())); }

const Row* row(const Account& account, std::string_view name) {
  const auto found = std::ranges::find(account.rows, name, &Row::name);
  return found == account.rows.end() ? nullptr : &*found;
}

std::uint64_t in_file(const Account& account, std::string_view name) {
  const Row* found = row(account, name);
  return found == nullptr ? 0 : found->file_bytes;
}

std::uint64_t in_memory(const Account& account, std::string_view name) {
  const Row* found = row(account, name);
  return found == nullptr ? 0 : found->mapped_bytes;
}

/// The conservation laws of account.h.
void expect_exact(const Account& account, std::uint64_t size) {
  std::uint64_t pieces = 0, file = 0, mapped = 0;
  for (const Piece& piece : account.pieces) {
    ASSERT_EQ(piece.offset, pieces);
    ASSERT_GT(piece.size, 0U);
    ASSERT_LT(piece.row, account.rows.size());
    pieces += piece.size;
  }
  for (const Row& row : account.rows) file += row.file_bytes, mapped += row.mapped_bytes;
  EXPECT_EQ(account.file_bytes, size);
  EXPECT_EQ(pieces, size);
  EXPECT_EQ(file, size);
  EXPECT_EQ(mapped, account.mapped_bytes);
  const auto sum = [](const auto& labels) { return std::accumulate(labels.begin(), labels.end(), std::uint64_t{0}); };
  EXPECT_EQ(sum(account.file_by_label), size);
  EXPECT_EQ(sum(account.mapped_by_label), account.mapped_bytes);
}

// ---- who owns a byte ----

TEST(Divide, GivesEveryPositionToItsBestClaim) {
  EXPECT_TRUE(rc::check("as looking at each position alone does", [] {
    const auto total = *rc::gen::inRange<std::uint64_t>(0, 60);
    const auto claims = *rc::gen::container<std::vector<Claim>>(rc::gen::map(
        rc::gen::tuple(rc::gen::inRange<std::uint64_t>(0, 70), rc::gen::inRange<std::uint64_t>(0, 70),
                       rc::gen::inRange<std::uint32_t>(0, 3), rc::gen::inRange<std::uint32_t>(0, 5)),
        [](const auto& t) {
          return Claim{.begin = std::get<0>(t), .end = std::get<1>(t), .rank = std::get<2>(t), .owner = std::get<3>(t)};
        }));
    const std::vector<Owned> pieces = divide(total, claims);
    std::uint64_t position = 0;
    for (const Owned& piece : pieces) {
      RC_ASSERT(piece.begin == position);
      RC_ASSERT(piece.end > piece.begin);
      for (; position < piece.end; ++position) {
        const Claim* best = nullptr;
        for (const Claim& claim : claims) {
          const bool holds = claim.begin <= position && position < claim.end;
          if (holds && (best == nullptr || claim.rank < best->rank)) best = &claim;
        }
        RC_ASSERT(piece.owner == (best == nullptr ? kNobody : best->owner));
        RC_ASSERT(piece.claims == (best == nullptr ? 0 : std::ranges::count_if(claims, [&](const Claim& claim) {
                    return claim.rank == best->rank && claim.begin <= position && position < claim.end;
                  })));
      }
    }
    RC_ASSERT(position == total);
  }));
}

// ---- the traps, each with its exact sums ----

TEST(Account, KeepsConstantsApartFromCode) {  // `size` adds them up as "text"
  ElfBuilder builder;
  builder.add({.name = ".text", .flags = kAx, .content = std::string(100, 'c')});
  builder.add({.name = ".rodata", .flags = SHF_ALLOC, .content = std::string(200, 'r')});
  builder.add({.name = ".eh_frame", .flags = SHF_ALLOC, .content = std::string(30, 'u')});
  const Account figures = account_of(builder);
  EXPECT_EQ(figures.file_bytes_of(Label::code), 100U);
  EXPECT_EQ(figures.file_bytes_of(Label::read_only), 200U);
  EXPECT_EQ(figures.file_bytes_of(Label::unwind), 30U);
  // Names: NUL, and each of the four with its own.
  EXPECT_EQ(in_file(figures, ".shstrtab"), 1U + 6 + 8 + 10 + 10);
  EXPECT_EQ(figures.file_bytes_of(Label::headers), 64U + 35 + 5 * 64);
  EXPECT_THAT(figures.findings, IsEmpty());
}

TEST(Account, LabelsSegments_WhenThereAreNoSectionHeaders) {
  ElfBuilder builder;
  builder.with_section_headers = false;
  builder.add_segment(PT_LOAD, PF_R | PF_X, 0, 64 + 2 * 56 + 500, 64 + 2 * 56 + 500, 0x400000);
  builder.add_segment(PT_LOAD, PF_R | PF_W, 676, 24, 1024, 0x500000);
  builder.add({.name = "", .content = std::string(500, 'c') + std::string(24, '\0')});
  builder.trailing = "UPX!";
  const Account figures = account_of(builder);
  expect_exact(figures, 64 + 112 + 524 + 4);
  EXPECT_EQ(in_file(figures, "[LOAD 0 r-x]"), 500U);
  EXPECT_EQ(figures.file_bytes_of(Label::code), 500U);
  EXPECT_EQ(in_file(figures, "[LOAD 1 rw-]"), 24U) << "zeros of a segment are its data, not padding";
  EXPECT_EQ(in_memory(figures, "[LOAD 1 rw-]"), 24U);
  EXPECT_EQ(in_memory(figures, "[zero fill]"), 1000U);
  EXPECT_EQ(figures.file_bytes_of(Label::trailing), 4U);
  EXPECT_EQ(figures.mapped_bytes, 676U + 1024);
}

TEST(Account, CountsMoreSectionsThanSixteenBitsCan) {
  ElfBuilder builder;
  constexpr std::uint64_t kMany = 0xff00 + 7;
  for (std::uint64_t i = 0; i < kMany; ++i) builder.add({.name = ".t", .flags = kAx, .content = "xy"});
  const std::vector<char> file = builder.build();
  const Account figures = account(Binary::parse(file));
  expect_exact(figures, file.size());
  EXPECT_EQ(in_file(figures, ".t"), 2 * kMany);
  EXPECT_EQ(in_file(figures, "[section headers]"), (kMany + 2) * 64);
  EXPECT_THAT(figures.findings, IsEmpty());
}

TEST(Account, GivesZeroFilledSectionsMemoryAndNoFile_AndThreadLocalOnesNeither) {
  ElfBuilder builder;
  builder.add_segment(PT_LOAD, PF_R | PF_W, 120, 16, 16 + 4096, 0x1000);
  builder.add({.name = ".tdata", .flags = kAw | SHF_TLS, .address = 0x1000, .content = std::string(16, 't')});
  builder.add({.name = ".tbss", .type = SHT_NOBITS, .flags = kAw | SHF_TLS, .address = 0x1010, .size = 2048});
  builder.add({.name = ".bss", .type = SHT_NOBITS, .flags = kAw, .address = 0x1010, .size = 4000});
  const std::vector<char> file = builder.build();
  const Account figures = account(Binary::parse(file));
  expect_exact(figures, file.size());
  EXPECT_EQ(in_file(figures, ".tdata"), 16U);
  EXPECT_EQ(in_file(figures, ".bss"), 0U);
  EXPECT_EQ(in_memory(figures, ".bss"), 4000U);
  EXPECT_EQ(row(figures, ".tbss"), nullptr) << "it lies at .bss's addresses and takes none of them";
  EXPECT_EQ(in_memory(figures, "[zero fill]"), 96U);
  EXPECT_EQ(figures.mapped_bytes, 16U + 4096);
  EXPECT_EQ(figures.mapped_page_bytes, 8192U);
}

TEST(Account, CallsTheSpaceBetweenSegmentsPadding_AndRoundsPagesOnlyInMemory) {
  ElfBuilder builder;
  builder.add_segment(PT_LOAD, PF_R, 0, 300, 300, 0x400000);
  builder.add_segment(PT_LOAD, PF_R | PF_X, 4096, 10, 10, 0x401000);
  builder.add_segment(PT_LOAD, PF_R | PF_W, 4106, 10, 10, 0x40200a);
  builder.add({.name = ".rodata", .flags = SHF_ALLOC, .address = 0x4000e8, .content = std::string(68, 'r')});
  builder.add({.name = ".text", .flags = kAx, .address = 0x401000, .content = "0123456789", .alignment = 4096});
  builder.add({.name = ".data", .flags = kAw, .address = 0x40200a, .content = "0123456789"});
  const std::vector<char> file = builder.build();
  const Account figures = account(Binary::parse(file));
  expect_exact(figures, file.size());
  // Header and program headers end at 232, .rodata at 300; and before the section headers, which stand at a multiple
  // of 8.
  const std::uint64_t names = 1 + 8 + 6 + 6 + 10;
  EXPECT_EQ(figures.file_bytes_of(Label::padding), (4096U - 300) + (8 - (4116 + names) % 8) % 8);
  EXPECT_EQ(figures.mapped_bytes, 320U);
  EXPECT_EQ(figures.mapped_page_bytes, 3 * 4096U);
  EXPECT_EQ(figures.mapped_bytes_of(Label::headers), 64U + 3 * 56);
}

TEST(Account, TakesCompressedDebugInformationAtItsSizeInTheFile) {
  const std::string standard =
      test::raw(Elf64_Chdr{.ch_type = ELFCOMPRESS_ZLIB, .ch_reserved = 0, .ch_size = 1000, .ch_addralign = 1}) +
      std::string(76, 'z');
  const std::string old_form = std::string("ZLIB\0\0\0\0\0\0\x07\xd0", 12) + std::string(88, 'z');
  ElfBuilder builder;
  builder.add({.name = ".debug_info", .flags = SHF_COMPRESSED, .content = standard});
  builder.add({.name = ".zdebug_line", .content = old_form});
  builder.add({.name = ".debug_str", .content = std::string(50, 's')});
  const Account figures = account_of(builder);
  EXPECT_EQ(figures.file_bytes_of(Label::debug), 100U + 100 + 50);
  EXPECT_EQ(figures.debug_expanded_bytes, 1000U + 2000 + 50);
}

TEST(Account, RefusesToBelieveACompressionBomb) {
  const std::string bomb =
      test::raw(Elf64_Chdr{.ch_type = 2, .ch_reserved = 0, .ch_size = 1ULL << 60, .ch_addralign = 1});
  ElfBuilder builder;
  builder.add({.name = ".debug_info", .flags = SHF_COMPRESSED, .content = bomb});
  const Account figures = account_of(builder);
  EXPECT_EQ(figures.debug_expanded_bytes, 24U);
  EXPECT_THAT(figures.findings,
              ElementsAre("section .debug_info claims to expand from 24 to 1152921504606846976 bytes, "
                          "which no compression does"));
}

TEST(Account, CountsCompactRelocationsAsRelocations) {
  ElfBuilder builder;
  builder.type = ET_DYN;
  builder.add({.name = ".rela.dyn", .type = SHT_RELA, .flags = SHF_ALLOC, .content = std::string(240, 'a')});
  builder.add({.name = ".relr.dyn", .type = 19, .flags = SHF_ALLOC, .content = std::string(16, 'b')});
  const Account figures = account_of(builder);
  EXPECT_EQ(figures.file_bytes_of(Label::relocations), 256U);
}

TEST(Account, NamesTheTablesOfGo) {
  ElfBuilder builder;
  builder.add({.name = ".gopclntab", .flags = SHF_ALLOC, .content = std::string(15, 'g')});
  const Account figures = account_of(builder);
  EXPECT_EQ(in_file(figures, ".gopclntab"), 15U);
  EXPECT_EQ(figures.file_bytes_of(Label::unwind), 15U);
}

TEST(Account, GivesBytesThatTwoSectionsClaimToTheFirst) {
  ElfBuilder builder;
  builder.add({.name = ".text", .flags = kAx, .content = std::string(100, 'c')});
  std::vector<char> file = builder.build();
  // The table of names is made to begin 40 bytes earlier, inside .text.
  std::uint64_t table = 0;
  std::memcpy(&table, file.data() + offsetof(Elf64_Ehdr, e_shoff), sizeof table);
  Elf64_Shdr names;
  std::memcpy(&names, file.data() + table + 2 * sizeof names, sizeof names);
  names.sh_offset -= 40, names.sh_size += 40;
  std::memcpy(file.data() + table + 2 * sizeof names, &names, sizeof names);
  const Account figures = account(Binary::parse(file));
  expect_exact(figures, file.size());
  EXPECT_EQ(figures.file_bytes_of(Label::code), 100U);
  EXPECT_THAT(figures.findings,
              ElementsAre("40 bytes are claimed by more than one section; the first of them has them"));
}

// ---- damage ----

TEST(Account, LabelsWhatIsNoElfFileAsThat) {
  const std::string text = "#!/bin/sh\n";
  const Account figures = account(Binary::parse({text.begin(), text.end()}));
  expect_exact(figures, text.size());
  EXPECT_EQ(in_file(figures, "[not ELF]"), text.size());
  expect_exact(account(Binary::parse({})), 0);
}

TEST(Account, FindsWhatLiesOutsideATruncatedFile) {
  ElfBuilder builder;
  builder.add({.name = ".text", .flags = kAx, .content = std::string(100, 'c')});
  std::vector<char> file = builder.build();
  file.resize(file.size() - 65);
  const Account figures = account(Binary::parse(file));
  expect_exact(figures, file.size());
  EXPECT_THAT(figures.findings, Contains("2 of its 3 section headers lie outside the file"));
}

std::vector<char> some_program() {
  ElfBuilder builder;
  builder.type = ET_DYN;
  builder.entry = 0x1000;
  builder.add_segment(PT_LOAD, PF_R | PF_X, 0, 500, 500, 0x1000);
  builder.add_segment(PT_LOAD, PF_R | PF_W, 500, 100, 400, 0x3000);
  builder.add_segment(PT_DYNAMIC, PF_R, 300, 64, 64, 0x112c);
  builder.add({.name = ".text", .flags = kAx, .content = std::string(300, 'c'), .alignment = 16});
  builder.add({.name = ".data", .flags = kAw, .content = std::string(90, 'd'), .alignment = 8});
  builder.add({.name = ".bss", .type = SHT_NOBITS, .flags = kAw, .address = 0x3064, .size = 200});
  builder.add({.name = ".debug_info", .flags = SHF_COMPRESSED, .content = std::string(40, 'z')});
  builder.add({.name = ".symtab", .type = SHT_SYMTAB, .content = std::string(72, 's'), .alignment = 8, .link = 6});
  builder.add({.name = ".strtab", .type = SHT_STRTAB, .content = std::string(20, '\0')});
  builder.trailing = "tail";
  return builder.build();
}

TEST(Account, SumsToTheSizeOfAnyDamagedFile) {
  EXPECT_TRUE(rc::check("whatever bytes are changed", [] {
    std::vector<char> file = some_program();
    // Most damage goes where the tables are: the first bytes and the section headers at the end.
    const auto hits = *rc::gen::container<std::vector<std::pair<std::size_t, char>>>(
        rc::gen::pair(rc::gen::oneOf(rc::gen::inRange<std::size_t>(4, 240),
                                     rc::gen::inRange<std::size_t>(file.size() - 8 * 64, file.size())),
                      rc::gen::element<char>(0, 1, 2, 8, 0x40, 0x7f, '\x80', '\xff')));
    for (const auto& [at, value] : hits) file[at] = value;
    file.resize(*rc::gen::inRange<std::size_t>(0, file.size() + 1));
    expect_exact(account(Binary::parse(file)), file.size());
    RC_ASSERT(!testing::Test::HasFailure());
  }));
}

TEST(Account, SumsToTheSizeOfInstalledPrograms) {
  // All of /usr with FROSTBYTE_LONG=1, else the first programs by name.
  const bool all = std::getenv("FROSTBYTE_LONG") != nullptr;
  std::vector<std::filesystem::path> paths;
  for (const char* folder : {"/usr/bin", "/usr/lib/x86_64-linux-gnu"}) {
    std::error_code error;
    std::filesystem::recursive_directory_iterator entry(all ? "/usr" : folder, error), end;
    for (; entry != end && !error; entry.increment(error)) {
      if (entry->is_regular_file(error) && !entry->is_symlink(error)) paths.push_back(entry->path());
    }
    if (all) break;
  }
  std::ranges::sort(paths);
  int programs = 0;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    char magic[4] = {};
    if (!file.read(magic, 4) || std::string_view(magic, 4) != ELFMAG) continue;
    const auto binary = Binary::read(path);
    ASSERT_TRUE(binary) << binary.error().message();
    SCOPED_TRACE(path.string());
    expect_exact(account(*binary), std::filesystem::file_size(path));
    ASSERT_FALSE(HasFailure());
    if (++programs == 200 && !all) break;
  }
  EXPECT_GT(programs, 20);
}

TEST(BinaryRead, RefusesWhatIsNoElfFile) {
  const auto text = Binary::read(FROSTBYTE_SOURCE "/README.md");
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().cause, "it is not an ELF file");
  const auto folder = Binary::read("/usr");
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().cause, "it is not a regular file");
  EXPECT_EQ(Binary::read("/nothing/here").error().code, ENOENT);
}

}  // namespace
}  // namespace frostbyte::elf
