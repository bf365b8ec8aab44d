// make_broken_programs FOLDER: writes the programs that cannot be executed, each as FOLDER/NAME/NAME. Runs while the
// tests are built. Every ELF file here is one valid program with one thing changed, so that execve(2) fails for that
// reason.
#include <elf.h>
#include <sys/stat.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>

namespace {

constexpr Elf64_Addr kBase = 0x400000;

/// exit_group(0), below two program headers of which a static program needs only the first.
struct Program {
  Elf64_Ehdr header{};
  Elf64_Phdr load{};
  Elf64_Phdr interpreter{};
  std::array<unsigned char, 9> code = {0x31, 0xff,                    // xor %edi, %edi
                                       0xb8, 0xe7, 0x00, 0x00, 0x00,  // mov $231, %eax
                                       0x0f, 0x05};                   // syscall
  std::array<char, 24> interpreter_path{};
};

Program valid_program() {
  Program program;
  std::memcpy(program.header.e_ident, ELFMAG, SELFMAG);
  program.header.e_ident[EI_CLASS] = ELFCLASS64;
  program.header.e_ident[EI_DATA] = ELFDATA2LSB;
  program.header.e_ident[EI_VERSION] = EV_CURRENT;
  program.header.e_type = ET_EXEC;
  program.header.e_machine = EM_X86_64;
  program.header.e_version = EV_CURRENT;
  program.header.e_entry = kBase + offsetof(Program, code);
  program.header.e_phoff = offsetof(Program, load);
  program.header.e_ehsize = sizeof(Elf64_Ehdr);
  program.header.e_phentsize = sizeof(Elf64_Phdr);
  program.header.e_phnum = 1;
  program.load = {.p_type = PT_LOAD,
                  .p_flags = PF_R | PF_X,
                  .p_offset = 0,
                  .p_vaddr = kBase,
                  .p_paddr = kBase,
                  .p_filesz = sizeof(Program),
                  .p_memsz = sizeof(Program),
                  .p_align = 4096};
  return program;
}

void need_missing_interpreter(Program& program) {
  constexpr std::string_view kPath = "/nonexistent/ld.so";
  kPath.copy(program.interpreter_path.data(), kPath.size());
  program.interpreter = {.p_type = PT_INTERP,
                         .p_flags = PF_R,
                         .p_offset = offsetof(Program, interpreter_path),
                         .p_vaddr = kBase + offsetof(Program, interpreter_path),
                         .p_paddr = kBase + offsetof(Program, interpreter_path),
                         .p_filesz = kPath.size() + 1,
                         .p_memsz = kPath.size() + 1,
                         .p_align = 1};
  program.header.e_phnum = 2;
}

/// More address space than a process has. The kernel finds out when the old program is gone already (binfmt_elf.c maps
/// after begin_new_exec): execve cannot return an error any more, and the process dies of SIGSEGV.
void ask_for_everything(Program& program) { program.load.p_memsz = 0x7fffffffffff0000; }

bool write(const std::filesystem::path& folder, const std::string& name, std::string_view bytes, mode_t mode) {
  std::filesystem::create_directories(folder / name);
  const std::filesystem::path path = folder / name / name;
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return std::filesystem::file_size(path) == bytes.size() && chmod(path.c_str(), mode) == 0;
}

bool write_changed(const std::filesystem::path& folder, const std::string& name, mode_t mode,
                   const std::function<void(Program&)>& change) {
  Program program = valid_program();
  change(program);
  return write(folder, name, {reinterpret_cast<const char*>(&program), sizeof program}, mode);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: make_broken_programs FOLDER\n", stderr);
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  const bool written =
      write(folder, "fault-not-a-program", "hello world, but not to a kernel\n", 0755) &&
      write_changed(folder, "fault-not-executable", 0644, [](Program&) {}) &&
      write_changed(folder, "fault-wrong-architecture", 0755, [](Program& p) { p.header.e_machine = EM_AARCH64; }) &&
      write_changed(folder, "fault-missing-interpreter", 0755, need_missing_interpreter) &&
      write_changed(folder, "fault-unmappable", 0755, ask_for_everything);
  return written ? 0 : 1;
}
