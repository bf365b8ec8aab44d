#include "images/elf/elf.h"

#include <elf.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rapidcheck.h>
#include <cstring>
#include <fstream>

#include "images/elf/library_cache.h"
#include "launcher/base/file.h"

namespace frostbyte::elf {
namespace {

namespace fs = std::filesystem;

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

/// A static program: one page, one segment, an entry that exits.
struct Image {
  Elf64_Ehdr header{};
  Elf64_Phdr segment{};
  unsigned char code[9] = {0xb8, 60, 0, 0, 0, 0x31, 0xff, 0x0f, 0x05};  // mov $60,%eax; xor %edi,%edi; syscall

  Image() {
    constexpr std::uint64_t kBase = 0x400000;
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = ET_EXEC;
    header.e_machine = EM_X86_64;
    header.e_version = EV_CURRENT;
    header.e_ehsize = sizeof header;
    header.e_phoff = sizeof header;
    header.e_phentsize = sizeof segment;
    header.e_phnum = 1;
    header.e_entry = kBase + sizeof header + sizeof segment;
    segment.p_type = PT_LOAD;
    segment.p_flags = PF_R | PF_X;
    segment.p_vaddr = segment.p_paddr = kBase;
    segment.p_filesz = segment.p_memsz = sizeof header + sizeof segment + sizeof code;
    segment.p_align = 4096;
  }

  [[nodiscard]] std::string bytes() const {
    std::string all(reinterpret_cast<const char*>(&header), sizeof header);
    all.append(reinterpret_cast<const char*>(&segment), sizeof segment);
    return all.append(reinterpret_cast<const char*>(code), sizeof code);
  }
};

class ElfFile : public testing::Test {
 protected:
  fs::path make(const std::string& name, std::string_view content, mode_t mode = 0755) {
    const fs::path path = folder.path() / name;
    {
      std::ofstream(path, std::ios::binary) << content;
    }
    EXPECT_EQ(::chmod(path.c_str(), mode), 0);
    return path;
  }
  std::string finding(const std::string& name, std::string_view content, mode_t mode = 0755) {
    return why_not_executable(make(name, content, mode));
  }
  TempDir folder = *TempDir::create();
};

/// Whether the kernel accepts the program. It is stopped before its first instruction, and killed there.
bool kernel_accepts(const fs::path& path) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    ::execl(path.c_str(), path.c_str(), nullptr);
    ::_exit(126);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (!WIFSTOPPED(status)) return false;  // execve failed, or failed past its point of no return
  const bool accepted = WSTOPSIG(status) == SIGTRAP;
  ::kill(child, SIGKILL);
  ::waitpid(child, &status, 0);
  return accepted;
}

TEST(ReadElf, KnowsADynamicProgram) {
  const auto facts = read_elf("/bin/sh");
  ASSERT_TRUE(facts.has_value()) << facts.error().message();
  EXPECT_EQ(facts->machine, "x86-64");
  EXPECT_EQ(facts->word_bits, 64);
  EXPECT_EQ(facts->linkage, Linkage::dynamic);
  EXPECT_EQ(facts->interpreter, "/lib64/ld-linux-x86-64.so.2");
  EXPECT_THAT(facts->needed, Contains("libc.so.6"));
  EXPECT_EQ(facts->file_bytes.count, static_cast<std::int64_t>(fs::file_size("/bin/sh")));
  EXPECT_TRUE(facts->loadable) << facts->unloadable;
}

TEST(ReadElf, KnowsASharedLibrary) {
  const auto facts = read_elf("/lib/x86_64-linux-gnu/libm.so.6");
  ASSERT_TRUE(facts.has_value()) << facts.error().message();
  EXPECT_EQ(facts->linkage, Linkage::shared_library);
  EXPECT_TRUE(facts->loadable) << facts->unloadable;
}

TEST_F(ElfFile, KnowsAStaticProgram) {
  const auto facts = read_elf(make("static", Image().bytes()));
  ASSERT_TRUE(facts.has_value()) << facts.error().message();
  EXPECT_EQ(facts->linkage, Linkage::static_executable);
  EXPECT_EQ(facts->interpreter, "");
  EXPECT_THAT(facts->needed, IsEmpty());
  EXPECT_TRUE(facts->loadable) << facts->unloadable;
}

/// Compiles a program; skips where there is no compiler for it.
bool compile(const fs::path& output, const std::string& flags) {
  const std::string command = "printf 'int main(void){return 0;}' | cc -x c - -o '" + output.string() + "' " + flags;
  return std::system((command + " >/dev/null 2>&1").c_str()) == 0;
}

TEST_F(ElfFile, TellsLinkagesOfCompiledProgramsApart) {
  const std::pair<const char*, Linkage> kinds[] = {
      {"-static", Linkage::static_executable},    {"-static-pie", Linkage::static_pie},
      {"-pie -fPIE", Linkage::dynamic},           {"-no-pie", Linkage::dynamic},
      {"-shared -fPIC", Linkage::shared_library}, {"-c", Linkage::other}};
  for (const auto& [flags, linkage] : kinds) {
    const fs::path program = folder.path() / "program";
    if (!compile(program, flags)) continue;
    EXPECT_EQ(read_elf(program)->linkage, linkage) << flags;
  }
}

TEST_F(ElfFile, ReadsRpathAndRunpath) {
  const fs::path program = folder.path() / "program";
  if (!compile(program, "-Wl,--enable-new-dtags,-rpath,'$ORIGIN/lib:/opt/x'")) GTEST_SKIP() << "no compiler";
  EXPECT_THAT(read_elf(program)->runpath, ElementsAre("$ORIGIN/lib", "/opt/x"));
  ASSERT_TRUE(compile(program, "-Wl,--disable-new-dtags,-rpath,/opt/y"));
  EXPECT_THAT(read_elf(program)->rpath, ElementsAre("/opt/y"));
  EXPECT_THAT(read_elf(program)->runpath, IsEmpty());
}

TEST_F(ElfFile, RefusesWhatIsNoElf) {
  EXPECT_FALSE(read_elf(make("text", "hello")).has_value());
  EXPECT_FALSE(read_elf(make("empty", "")).has_value());
  EXPECT_FALSE(read_elf(make("magic", "\177ELF")).has_value());
  EXPECT_EQ(read_elf(folder.path()).error().cause, "it is not a regular file");
  EXPECT_EQ(read_elf(folder.path() / "nothing").error().code, ENOENT);
}

TEST_F(ElfFile, SurvivesAnyBytesAfterTheMagic) {
  EXPECT_TRUE(rc::check([&](const std::vector<char>& bytes) {
    const fs::path path = make("random", "\177ELF" + std::string(bytes.begin(), bytes.end()));
    static_cast<void>(read_elf(path));
    static_cast<void>(find_libraries(path));
    RC_ASSERT(!why_not_executable(path).empty());
  }));
}

TEST_F(ElfFile, SurvivesDamageToARealProgram) {
  const std::string program = *read_file("/bin/sh");
  EXPECT_TRUE(rc::check([&] {
    std::string damaged = program;
    const auto hits = *rc::gen::inRange(1, 16);
    for (int i = 0; i < hits; ++i) {
      // Headers and the dynamic section's neighbourhood, where structure is.
      const auto at = *rc::gen::weightedOneOf<std::size_t>(
          {{3, rc::gen::inRange<std::size_t>(0, 1024)}, {1, rc::gen::inRange<std::size_t>(0, program.size())}});
      damaged[at] = *rc::gen::arbitrary<char>();
    }
    if (*rc::gen::inRange(0, 4) == 0) damaged.resize(*rc::gen::inRange<std::size_t>(0, program.size()));
    const fs::path path = make("damaged", damaged);
    const auto facts = read_elf(path);
    if (facts) RC_ASSERT(facts->loadable == facts->unloadable.empty());
    static_cast<void>(find_libraries(path));
    static_cast<void>(why_not_executable(path));
  }));
}

TEST_F(ElfFile, TheImageOfTheseTestsRuns) {
  const fs::path program = make("program", Image().bytes());
  EXPECT_TRUE(kernel_accepts(program));
  EXPECT_EQ(why_not_executable(program), "");
}

TEST_F(ElfFile, ExplainsWhateverTheKernelRefuses) {
  EXPECT_TRUE(rc::check([&] {
    std::string bytes = Image().bytes();
    const auto hits = *rc::gen::inRange(1, 4);
    for (int i = 0; i < hits; ++i) {
      const auto at = *rc::gen::inRange<std::size_t>(0, sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr));
      bytes[at] = *rc::gen::element<char>('\0', '\1', '\x7f', '\xff', *rc::gen::arbitrary<char>());
    }
    // The host's own affairs, refused here and accepted there: segments below mmap_min_addr, or larger than memory.
    Elf64_Phdr segment;
    std::memcpy(&segment, bytes.data() + sizeof(Elf64_Ehdr), sizeof segment);
    RC_PRE(segment.p_vaddr >= 0x10000 && (segment.p_memsz < 64 << 20 || segment.p_memsz > 1ULL << 47));
    const fs::path path = make("mutant", bytes);
    if (!kernel_accepts(path)) RC_ASSERT(!why_not_executable(path).empty());
  }));
}

TEST_F(ElfFile, FindsSegmentsThatCannotBeMapped) {
  const auto with = [&](auto change) {
    Image image;
    change(image);
    return finding("program", image.bytes());
  };
  EXPECT_THAT(with([](Image& i) { i.segment.p_type = PT_NOTE; }), HasSubstr("no segment to load"));
  EXPECT_THAT(with([](Image& i) {
                i.segment.p_filesz = 1 << 20;
                i.segment.p_memsz = 1 << 20;
              }),
              HasSubstr("cut off"));
  EXPECT_THAT(with([](Image& i) { i.segment.p_memsz = 1; }), HasSubstr("larger in the file"));
  EXPECT_THAT(with([](Image& i) {
                i.segment.p_vaddr += 8;
                i.header.e_entry += 8;
              }),
              HasSubstr("not aligned"));
  EXPECT_THAT(with([](Image& i) { i.segment.p_vaddr = ~0ULL << 20; }), HasSubstr("address space"));
  EXPECT_THAT(with([](Image& i) { i.header.e_entry = 1; }), HasSubstr("entry point 0x1"));
  EXPECT_THAT(with([](Image& i) { i.segment.p_flags = PF_R; }), HasSubstr("no executable segment"));
  EXPECT_THAT(with([](Image& i) { i.header.e_phnum = 0; }), HasSubstr("no program headers"));
  EXPECT_THAT(with([](Image& i) { i.header.e_phentsize = 1; }), HasSubstr("not 56"));
  EXPECT_THAT(with([](Image& i) { i.header.e_type = ET_REL; }), HasSubstr("never linked"));
}

TEST_F(ElfFile, FindsAForeignMachine) {
  Image image;
  image.header.e_machine = EM_AARCH64;
  EXPECT_THAT(finding("program", image.bytes()), HasSubstr("is built for AArch64, this host is x86-64"));
}

TEST_F(ElfFile, FindsAMissingDynamicLoader) {
  std::string program = *read_file("/bin/sh");
  const std::string loader = "/lib64/ld-linux-x86-64.so.2";
  program.replace(program.find(loader), loader.size(), "/lib64/ld-nowhere-64-so.so2");
  const std::string found = finding("program", program);
  EXPECT_THAT(found, HasSubstr("needs the dynamic loader '/lib64/ld-nowhere-64-so.so2'"));
  EXPECT_THAT(found, HasSubstr("does not exist"));
}

TEST_F(ElfFile, FindsAMissingLibrary) {
  std::string program = *read_file("/bin/sh");
  program.replace(program.find("libc.so.6"), 9, "libq.so.9");
  EXPECT_THAT(finding("program", program), HasSubstr("libraries that are not found: libq.so.9"));
}

TEST_F(ElfFile, FindsWhatIsNoProgramFile) {
  EXPECT_THAT(why_not_executable(folder.path() / "nothing"), HasSubstr("does not exist"));
  EXPECT_THAT(why_not_executable(folder.path()), HasSubstr("is a directory"));
  EXPECT_THAT(why_not_executable("/dev/null"), HasSubstr("is not a regular file"));
  EXPECT_THAT(finding("text", "hello\n"), HasSubstr("neither an ELF program nor a script"));
  EXPECT_THAT(finding("empty", ""), HasSubstr("is empty"));
  EXPECT_THAT(finding("mode", Image().bytes(), 0644), HasSubstr("chmod +x"));
  ASSERT_EQ(::mkfifo((folder.path() / "fifo").c_str(), 0755), 0);
  EXPECT_THAT(why_not_executable(folder.path() / "fifo"), HasSubstr("is not a regular file"));
  fs::create_symlink("/no/where", folder.path() / "link");
  EXPECT_THAT(why_not_executable(folder.path() / "link"), HasSubstr("symbolic link to nothing"));
}

TEST_F(ElfFile, FindsAScriptsMissingInterpreter) {
  EXPECT_EQ(finding("good", "#!/bin/sh\n"), "");
  EXPECT_EQ(finding("spaces", "#!  /bin/sh  -e \n"), "");
  EXPECT_EQ(finding("unended", "#!/bin/sh"), "");
  EXPECT_THAT(finding("missing", "#!/no/such/python\n"), HasSubstr("'/no/such/python' does not exist"));
  EXPECT_THAT(finding("dos", "#!/bin/sh\r\n"), HasSubstr("carriage return"));
  EXPECT_THAT(finding("nothing", "#!\n"), HasSubstr("names no interpreter"));
  EXPECT_THAT(finding("long", "#!/" + std::string(300, 'x') + "\n"), HasSubstr("too long"));
}

TEST_F(ElfFile, FollowsScriptsToScriptsButNotForEver) {
  const fs::path loop = folder.path() / "loop";
  EXPECT_THAT(finding("loop", "#!" + loop.string() + "\n"), HasSubstr("too many #! lines"));
  const fs::path inner = make("inner", "#!/bin/sh\n");
  EXPECT_EQ(finding("outer", "#!" + inner.string() + "\n"), "");
}

TEST_F(ElfFile, ReadsTheWordsOfAScriptLine) {
  const auto words = *read_script_interpreter(make("script", "#! /usr/bin/env  python3 -u \nrest"));
  EXPECT_EQ(words.path, "/usr/bin/env");
  EXPECT_EQ(words.argument, "python3 -u");
  EXPECT_EQ(read_script_interpreter(make("elf", Image().bytes()))->path, "");
}

/// The loader's own answer.
std::vector<std::string> loaded_by_the_loader(const fs::path& program) {
  std::vector<std::string> files;
  FILE* list = ::popen(("/lib64/ld-linux-x86-64.so.2 --list '" + program.string() + "' 2>/dev/null").c_str(), "r");
  char line[4096];
  while (list != nullptr && std::fgets(line, sizeof line, list) != nullptr) {
    const std::string_view text = line;
    const auto start = text.find("=> /");
    if (start == std::string_view::npos) continue;
    const std::string_view path = text.substr(start + 3);
    files.push_back(fs::canonical(path.substr(0, path.find(" ("))).string());
  }
  if (list != nullptr) ::pclose(list);
  return files;
}

TEST(FindLibraries, AgreesWithTheLoader) {
  for (const char* program :
       {"/bin/sh", "/bin/bash", "/usr/bin/env", "/bin/tar", "/usr/bin/curl", "/usr/bin/python3"}) {
    if (!fs::exists(program)) continue;
    const auto libraries = find_libraries(program);
    ASSERT_TRUE(libraries.has_value()) << libraries.error().message();
    EXPECT_THAT(libraries->missing, IsEmpty()) << program;
    std::vector<std::string> found;
    for (const fs::path& file : libraries->found) found.push_back(file.string());
    EXPECT_EQ(found.front(), fs::canonical("/lib64/ld-linux-x86-64.so.2").string());
    const auto expected = loaded_by_the_loader(program);
    EXPECT_THAT(expected, Not(IsEmpty())) << program;
    for (const std::string& file : expected) EXPECT_THAT(found, Contains(file)) << program;
  }
}

TEST(FindLibraries, AStaticProgramNeedsNone) {
  if (!fs::exists("/bin/busybox")) GTEST_SKIP() << "no static program here";
  EXPECT_THAT(find_libraries("/bin/busybox")->found, IsEmpty());
}

TEST_F(ElfFile, FindsLibrariesBesideTheProgram) {
  fs::create_directory(folder.path() / "lib");
  const fs::path library = folder.path() / "lib" / "libown.so";
  const std::string make_library =
      "printf 'int own(void){return 1;}' | cc -shared -fPIC -x c - -o '" + library.string() + "'";
  if (std::system((make_library + " 2>/dev/null").c_str()) != 0) GTEST_SKIP() << "no compiler";
  const fs::path program = folder.path() / "program";
  ASSERT_TRUE(
      compile(program, "-Wl,--no-as-needed '-Wl,-rpath,$ORIGIN/lib' -L'" + library.parent_path().string() + "' -lown"));
  EXPECT_THAT(find_libraries(program)->found, Contains(fs::canonical(library)));
  EXPECT_EQ(why_not_executable(program), "");
  fs::remove(library);
  EXPECT_THAT(find_libraries(program)->missing, ElementsAre("libown.so"));
}

TEST(ParseLibraryCache, KnowsTheHostsLibc) {
  const auto cache = read_file("/etc/ld.so.cache");
  if (!cache) GTEST_SKIP() << "no ld.so.cache";
  const auto libraries = parse_library_cache(*cache, 64);
  ASSERT_TRUE(libraries.contains("libc.so.6"));
  EXPECT_TRUE(fs::exists(libraries.at("libc.so.6")));
}

TEST(ParseLibraryCache, SurvivesDamage) {
  const std::string cache = read_file("/etc/ld.so.cache").value_or("glibc-ld.so.cache1.1");
  EXPECT_TRUE(rc::check([&] {
    std::string damaged = cache;
    for (int i = 0; i < 8; ++i)
      damaged[*rc::gen::inRange<std::size_t>(0, std::min<std::size_t>(cache.size(), 512))] =
          *rc::gen::arbitrary<char>();
    damaged.resize(*rc::gen::inRange<std::size_t>(0, cache.size()));
    static_cast<void>(parse_library_cache(damaged, 64));
  }));
}

}  // namespace
}  // namespace frostbyte::elf
