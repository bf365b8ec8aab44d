// Why a program cannot be started. The kernel gives one errno for a dozen causes: ENOENT when the *interpreter* is
// missing, ENOEXEC for a foreign architecture, EACCES for a mount option.
#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "images/elf/elf.h"
#include "launcher/base/fd.h"

namespace frostbyte::elf {
namespace {

constexpr int kDeepest = 5;  // the kernel follows as many `#!` lines

std::string in_quotes(const std::filesystem::path& path) { return "'" + path.string() + "'"; }

std::string check_file(const std::filesystem::path& path) {
  struct stat facts{};
  if (::stat(path.c_str(), &facts) != 0) {
    const int code = errno;
    struct stat link{};
    if (code == ENOENT && ::lstat(path.c_str(), &link) == 0) return in_quotes(path) + " is a symbolic link to nothing";
    if (code == ENOENT) return in_quotes(path) + " does not exist";
    return in_quotes(path) + " cannot be reached: " + ::strerrordesc_np(code);
  }
  if (S_ISDIR(facts.st_mode)) return in_quotes(path) + " is a directory";
  if (!S_ISREG(facts.st_mode)) return in_quotes(path) + " is not a regular file";
  struct statvfs mount{};
  if (::statvfs(path.c_str(), &mount) == 0 && (mount.f_flag & ST_NOEXEC) != 0) {
    return in_quotes(path) + " is on a file system mounted noexec";
  }
  if (::faccessat(AT_FDCWD, path.c_str(), X_OK, AT_EACCESS) != 0) {
    return in_quotes(path) + " has no execute permission: chmod +x " + path.string();
  }
  if (facts.st_size == 0) return in_quotes(path) + " is empty";
  return {};
}

/// The kernel runs 64-bit programs of this machine and, where it was built so, 32-bit ones.
std::string check_machine(const std::filesystem::path& path, const ElfFacts& facts) {
  if (facts.machine_number == EM_X86_64) return {};
  if (facts.machine_number == EM_386 && facts.word_bits == 32) {
    // Exists exactly when 32-bit programs are supported (CONFIG_IA32_EMULATION).
    if (::access("/proc/sys/abi/vsyscall32", F_OK) == 0) return {};
    return in_quotes(path) + " is a 32-bit program, and this kernel runs none";
  }
  return in_quotes(path) + " is built for " + facts.machine + ", this host is x86-64";
}

std::string check(const std::filesystem::path& path, int depth);

/// The kernel loads it itself, without regard to execute permission of what *it* might name.
std::string check_elf_interpreter(const std::filesystem::path& path, const ElfFacts& program) {
  const std::string& interpreter = program.interpreter;
  if (interpreter.empty()) return {};
  std::string reason = check_file(interpreter);
  if (reason.empty()) {
    const auto facts = read_elf(interpreter);
    if (!facts) {
      reason = facts.error().message();
    } else if (facts->machine_number != program.machine_number) {
      reason = in_quotes(interpreter) + " is built for " + facts->machine;
    } else {
      reason = facts->unloadable;
    }
  }
  return reason.empty() ? reason
                        : in_quotes(path) + " needs the dynamic loader " + in_quotes(interpreter) + ": " + reason;
}

std::string check_libraries(const std::filesystem::path& path) {
  const auto libraries = find_libraries(path);
  if (!libraries || libraries->missing.empty()) return {};
  std::string names;
  for (const std::string& name : libraries->missing) names += (names.empty() ? "" : ", ") + name;
  return in_quotes(path) + " needs libraries that are not found: " + names;
}

std::string check_elf(const std::filesystem::path& path) {
  const auto facts = read_elf(path);
  if (!facts) return facts.error().message();
  if (std::string reason = check_machine(path, *facts); !reason.empty()) return reason;
  if (!facts->loadable) return in_quotes(path) + " cannot be loaded: " + facts->unloadable;
  if (std::string reason = check_elf_interpreter(path, *facts); !reason.empty()) return reason;
  return check_libraries(path);
}

std::string check_script(const std::filesystem::path& path, const ScriptInterpreter& script, int depth) {
  if (script.path.ends_with('\r')) {
    return in_quotes(path) + " has a #! line that ends in a carriage return: convert it to Unix line ends";
  }
  const std::string reason = check(script.path, depth + 1);
  return reason.empty() ? reason : in_quotes(path) + " needs the interpreter of its #! line: " + reason;
}

std::string check(const std::filesystem::path& path, int depth) {
  if (depth > kDeepest) return in_quotes(path) + " is reached through too many #! lines";
  if (std::string reason = check_file(path); !reason.empty()) return reason;
  char magic[SELFMAG] = {};
  {
    const auto fd = open_file(path.string(), O_RDONLY);
    if (!fd) return {};  // executable but not readable: the kernel can judge it, we cannot
    if (::pread(fd->get(), magic, sizeof magic, 0) < 0) return in_quotes(path) + " cannot be read";
  }
  if (std::memcmp(magic, ELFMAG, SELFMAG) == 0) return check_elf(path);
  const auto script = read_script_interpreter(path);
  if (!script) return script.error().message();
  if (!script->path.empty()) return check_script(path, *script, depth);
  return in_quotes(path) + " is neither an ELF program nor a script that begins with #!";
}

}  // namespace

std::string why_not_executable(const std::filesystem::path& path) { return check(path, 0); }

}  // namespace frostbyte::elf
