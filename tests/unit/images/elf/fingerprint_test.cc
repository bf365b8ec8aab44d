#include "images/elf/fingerprint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rapidcheck.h>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "elf_builder.h"
#include "images/elf/savings.h"
#include "launcher/base/file.h"

namespace frostbyte::elf {
namespace {

namespace fs = std::filesystem;
using test::ElfBuilder;
using testing::IsEmpty;
using testing::StartsWith;

constexpr const char* kProgram =
    "#include <stdlib.h>\n#include <stdio.h>\n"
    "int main(int c, char **v) { void *p = malloc((size_t)c); printf(\"%p %s\\n\", p, v[0]); free(p); return 0; }\n";

/// Programs made by the compilers of this host.
class Built : public testing::Test {
 protected:
  void SetUp() override { std::ofstream(folder_.path() / "m.c") << kProgram; }

  /// Skips the test when the compiler or a library is not there.
  Binary build(const std::string& command) {
    const fs::path program = folder_.path() / "program";
    const std::string line = "cd '" + folder_.path().string() + "' && " + command + " -o program >/dev/null 2>" + "log";
    built_ = std::system(line.c_str()) == 0;
    return built_ ? Binary::read(program).value() : Binary::parse({});
  }
  Binary strip() {
    const std::string line = "strip '" + (folder_.path() / "program").string() + "'";
    EXPECT_EQ(std::system(line.c_str()), 0);
    return Binary::read(folder_.path() / "program").value();
  }
  std::string log() { return read_file(folder_.path() / "log").value_or(""); }

  TempDir folder_ = TempDir::create().value();
  bool built_ = false;
};

#define BUILD_OR_SKIP(binary, command)  \
  const Binary binary = build(command); \
  if (!built_) GTEST_SKIP() << "cannot build a program to look at: " << log()

std::string libc_of(const Fingerprint& print) { return print.libc.empty() ? "none" : print.libc.front().name; }

void expect(const Binary& binary, Linkage linkage, const std::string& libc, const std::string& allocator) {
  const Fingerprint print = fingerprint(binary);
  EXPECT_EQ(print.linkage, linkage) << to_string(print.linkage);
  EXPECT_EQ(libc_of(print), libc);
  EXPECT_EQ(print.allocator(), allocator);
  EXPECT_EQ(print.machine, "x86-64");
}

// ---- C libraries and linkage, with symbols and without ----

TEST_F(Built, Fingerprint_KnowsStaticGlibc) {
  BUILD_OR_SKIP(binary, "gcc -static m.c");
  expect(binary, Linkage::static_executable, "glibc", "glibc");
  EXPECT_EQ(fingerprint(binary).allocators.front().strength, Strength::symbol);
  const Binary stripped = strip();
  expect(stripped, Linkage::static_executable, "glibc", "glibc");
  EXPECT_EQ(fingerprint(stripped).allocators.front().strength, Strength::text);
  EXPECT_TRUE(fingerprint(stripped).stripped);
}

TEST_F(Built, Fingerprint_KnowsStaticPieAndItsRelocations) {
  BUILD_OR_SKIP(binary, "gcc -static-pie m.c");
  expect(binary, Linkage::static_pie, "glibc", "glibc");
  const Fingerprint print = fingerprint(binary);
  EXPECT_TRUE(print.hardening.position_independent);
  EXPECT_GT(print.relocations, 100U);
  EXPECT_THAT(print.interpreter, IsEmpty());
  expect(strip(), Linkage::static_pie, "glibc", "glibc");
}

TEST_F(Built, Fingerprint_KnowsDynamicGlibc) {
  BUILD_OR_SKIP(binary, "gcc m.c -Wl,-z,now -pie -fPIE -fstack-protector-all");
  expect(binary, Linkage::dynamic, "glibc", "glibc");
  const Fingerprint print = fingerprint(binary);
  EXPECT_EQ(print.interpreter, "/lib64/ld-linux-x86-64.so.2");
  EXPECT_THAT(print.needed, testing::ElementsAre("libc.so.6"));
  EXPECT_EQ(print.hardening.relro, Relro::full);
  EXPECT_TRUE(print.hardening.stack_protector);
  EXPECT_FALSE(print.hardening.executable_stack);
  EXPECT_EQ(print.build_id.size(), 40U);
}

TEST_F(Built, Fingerprint_SeesMissingProtections) {
  BUILD_OR_SKIP(binary, "gcc m.c -no-pie -z execstack -Wl,-z,norelro,--build-id=none -fno-stack-protector");
  const Fingerprint print = fingerprint(binary);
  EXPECT_FALSE(print.hardening.position_independent);
  EXPECT_TRUE(print.hardening.executable_stack);
  EXPECT_EQ(print.hardening.relro, Relro::none);
  EXPECT_FALSE(print.hardening.stack_protector);
  EXPECT_THAT(print.build_id, IsEmpty());
}

TEST_F(Built, Fingerprint_CountsCompactRelocations) {
  BUILD_OR_SKIP(compact, "gcc m.c -Wl,-z,pack-relative-relocs");
  const Fingerprint print = fingerprint(compact);
  if (!print.compact_relocations) GTEST_SKIP() << "not applicable: this linker writes no compact relocations";
  const Fingerprint plain = fingerprint(build("gcc m.c"));
  EXPECT_FALSE(plain.compact_relocations);
  EXPECT_EQ(print.relocations, plain.relocations) << "packed or not, the same places are patched";
}

TEST_F(Built, Fingerprint_KnowsMusl_AlsoByItsStartCode) {
  BUILD_OR_SKIP(binary, "musl-gcc -static m.c");
  expect(binary, Linkage::static_executable, "musl", "musl");
  const Binary stripped = strip();
  expect(stripped, Linkage::static_executable, "musl", "musl");
  EXPECT_EQ(fingerprint(stripped).libc.front().strength, Strength::code);
  expect(build("musl-gcc m.c"), Linkage::dynamic, "musl", "musl");
}

TEST_F(Built, Fingerprint_KnowsDietlibc) {
  BUILD_OR_SKIP(binary, "diet gcc m.c");
  expect(binary, Linkage::static_executable, "dietlibc", "dietlibc");
  expect(strip(), Linkage::static_executable, "dietlibc", "dietlibc");
}

TEST_F(Built, Fingerprint_FindsNoLibraryWhereThereIsNone) {
  std::ofstream(folder_.path() / "n.c") << "void _start(void) { for (;;); }\n";
  BUILD_OR_SKIP(binary, "gcc -static -nostdlib -ffreestanding n.c");
  expect(binary, Linkage::static_executable, "none", "none found");
  EXPECT_THAT(fingerprint(binary).runtimes, IsEmpty());
}

// ---- allocators: what decides a comparison must be proven ----

TEST_F(Built, Fingerprint_ProvesJemalloc) {
  BUILD_OR_SKIP(binary, "g++ -static -x c++ m.c -ljemalloc");
  expect(binary, Linkage::static_executable, "glibc", "jemalloc");
  EXPECT_EQ(fingerprint(binary).allocators.front().evidence, "symbol mallctl");
  const Binary stripped = strip();
  expect(stripped, Linkage::static_executable, "glibc", "jemalloc");
  EXPECT_EQ(fingerprint(stripped).allocators.front().evidence, "text '<jemalloc>'");
}

TEST_F(Built, Fingerprint_ProvesTcmalloc) {
  BUILD_OR_SKIP(binary, "g++ -static -x c++ m.c -ltcmalloc_minimal");
  expect(binary, Linkage::static_executable, "glibc", "tcmalloc");
  expect(strip(), Linkage::static_executable, "glibc", "tcmalloc");
}

TEST_F(Built, Fingerprint_ProvesMimallocAsALibrary) {
  BUILD_OR_SKIP(binary, "gcc m.c -Wl,--no-as-needed -lmimalloc");
  expect(binary, Linkage::dynamic, "glibc", "mimalloc");
  EXPECT_THAT(fingerprint(binary).allocators.front().evidence, StartsWith("needs libmimalloc"));
}

TEST_F(Built, Fingerprint_DoesNotTakeAMessageForAnAllocator_WhenItIsNotThere) {
  // A static link that silently left the allocator out is the mistake this exists for.
  BUILD_OR_SKIP(binary, "gcc -static m.c");
  for (const Trace& trace : fingerprint(binary).allocators) EXPECT_EQ(trace.name, "glibc");
}

TEST(Fingerprint, DoesNotFindItsOwnNeedlesInFrostbyte) {
  const auto self = Binary::read(FROSTBYTE_BUILD "/bin/frostbyte");
  if (!self) GTEST_SKIP() << "not applicable: only this test is built";
  for (const Trace& trace : fingerprint(*self).allocators) EXPECT_EQ(trace.name, "glibc") << trace.evidence;
  EXPECT_EQ(fingerprint(*self).packer, "");
  EXPECT_EQ(fingerprint(*self).go.version, "");
}

TEST_F(Built, Fingerprint_KnowsCxx) {
  std::ofstream(folder_.path() / "t.cc") << "#include <stdexcept>\nint main(int c, char**) { try { if (c) throw "
                                            "std::runtime_error(\"x\"); } catch (...) {} }\n";
  BUILD_OR_SKIP(binary, "g++ -static t.cc");
  ASSERT_EQ(fingerprint(binary).runtimes.size(), 1U);
  EXPECT_EQ(fingerprint(binary).runtimes.front().name, "c++");
  EXPECT_EQ(fingerprint(strip()).runtimes.front().strength, Strength::text);
}

// ---- strip ----

TEST_F(Built, Savings_AreWhatStripSaves) {
  for (const char* options : {"", "-g", "-g -gz", "-static -g", "-static-pie", "-g -Wl,--emit-relocs",
                              "-g -shared -fPIC", "-fuse-ld=gold -g", "-fuse-ld=lld -g -static", "-fuse-ld=mold -g"}) {
    SCOPED_TRACE(options);
    const Binary binary = build(std::string("gcc m.c ") + options);
    if (!built_) continue;  // this linker is not installed; the first four are always there
    const Savings predicted = savings(binary);
    EXPECT_EQ(strip().bytes().size(), predicted.stripped_bytes);
    EXPECT_EQ(predicted.strip_saves, binary.bytes().size() - predicted.stripped_bytes);
  }
  EXPECT_EQ(savings(strip()).strip_saves, 0U) << "what is stripped is stripped";
}

TEST(Savings, AreNothing_WithoutSectionHeaders) {
  ElfBuilder builder;
  builder.with_section_headers = false;
  builder.add_segment(PT_LOAD, PF_R | PF_X, 0, 200, 200, 0x400000);
  builder.add({.name = "", .content = std::string(80, 'c')});
  EXPECT_EQ(savings(Binary::parse(builder.build())).strip_saves, 0U);
}

// ---- Go ----

std::string counted(const std::string& text) {
  std::string bytes;
  std::size_t rest = text.size();
  for (; rest >= 0x80; rest >>= 7) bytes += static_cast<char>((rest & 0x7f) | 0x80);
  return bytes + static_cast<char>(rest) + text;
}

Binary go_program(const std::string& modules) {
  std::string record = "\xff Go buildinf:";
  record += '\x08';
  record += '\x02';
  record.resize(32);
  const std::string sentinel(16, '~');
  record += counted("go1.22.1") + counted(sentinel + modules + sentinel);
  ElfBuilder builder;
  builder.add({.name = ".go.buildinfo", .flags = SHF_ALLOC | SHF_WRITE, .content = record});
  return Binary::parse(builder.build());
}

TEST(Fingerprint, ReadsGosVersionAndCountsItsModules) {
  const Fingerprint print = fingerprint(go_program(
      "path\texample/"
      "cmd\nmod\texample\t(devel)\t\ndep\ta\tv1.0.0\th1:x\ndep\tb\tv2.0.0\n=>\tc\tv2.0.1\tv\nbuild\t-x=dep\t1\n"));
  EXPECT_EQ(print.go.version, "go1.22.1");
  EXPECT_EQ(print.go.path, "example/cmd");
  EXPECT_EQ(print.go.modules, 2);
  EXPECT_EQ(print.runtimes.front().name, "go");
  EXPECT_EQ(print.allocator(), "go");
}

TEST_F(Built, Fingerprint_ReadsTheVersionOfTheGoToolchain) {
  const std::string line = "cd '" + folder_.path().string() +
                           "' && go version > version 2>/dev/null && cp \"$(go env GOROOT)/bin/go\" program";
  if (std::system(line.c_str()) != 0) GTEST_SKIP() << "not applicable: no Go toolchain";
  const Fingerprint print = fingerprint(Binary::read(folder_.path() / "program").value());
  EXPECT_THAT(read_file(folder_.path() / "version").value(), testing::HasSubstr(" " + print.go.version + " "));
  EXPECT_EQ(print.go.path, "cmd/go");
  EXPECT_EQ(print.runtimes.front().name, "go");
  EXPECT_EQ(print.allocators.front().name, "go");
}

// ---- Rust, UPX, and damage ----

TEST(Fingerprint, KnowsRustByWhatItsPanicsName) {
  ElfBuilder builder;
  builder.add({.name = ".rodata",
               .flags = SHF_ALLOC,
               .content = "/rustc/59807616e1b4a4c1b1f8f3b1e8e9d7a6c5b4a392/library/core/src/panicking.rs"});
  builder.add({.name = ".comment", .content = std::string("GCC: (Debian)\0rustc version 1.95.0 (59807616e)\0", 47)});
  const Fingerprint print = fingerprint(Binary::parse(builder.build()));
  ASSERT_EQ(print.runtimes.size(), 1U);
  EXPECT_EQ(print.runtimes.front().name, "rust");
  EXPECT_EQ(print.runtimes.front().version, "1.95.0");
}

TEST(Fingerprint, SeesThatAProgramIsPacked) {
  ElfBuilder builder;
  builder.with_section_headers = false;
  builder.add_segment(PT_LOAD, PF_R | PF_X, 0, 400, 400, 0x400000);
  builder.add({.name = "", .content = std::string("\x12\x34\x56\x78UPX!") + std::string(272, 'c')});
  EXPECT_EQ(fingerprint(Binary::parse(builder.build())).packer, "UPX");
}

TEST(Fingerprint, EndsOnAnyDamagedFile) {
  const auto self = read_file("/bin/true").value();
  EXPECT_TRUE(rc::check("whatever is changed in a real program's tables", [&] {
    std::vector<char> file(self.begin(), self.end());
    const auto hits = *rc::gen::container<std::vector<std::pair<std::size_t, char>>>(
        rc::gen::pair(rc::gen::oneOf(rc::gen::inRange<std::size_t>(4, 1000),
                                     rc::gen::inRange<std::size_t>(file.size() - 2000, file.size())),
                      rc::gen::arbitrary<char>()));
    for (const auto& [at, value] : hits) file[at] = value;
    const Binary binary = Binary::parse(file);
    const Fingerprint print = fingerprint(binary);
    RC_ASSERT(savings(binary).stripped_bytes <= file.size());
    RC_ASSERT(print.build_id.size() <= 128U);
  }));
}

}  // namespace
}  // namespace frostbyte::elf
