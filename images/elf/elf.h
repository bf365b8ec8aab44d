// What a program file says about how it must be started: machine, linkage, interpreter, needed libraries; and why the
// kernel would refuse to start it. Reads any file without trusting it: a hostile one gives findings, never a crash.
// Not here: sections, symbols and the labelling of every byte.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "launcher/base/result.h"
#include "launcher/base/units.h"

namespace frostbyte::elf {

enum class Linkage : std::uint8_t {
  static_executable,  ///< ET_EXEC without an interpreter
  static_pie,         ///< ET_DYN without an interpreter, marked DF_1_PIE
  dynamic,            ///< names an interpreter
  shared_library,     ///< ET_DYN without either
  other,              ///< relocatable, core, unknown
};
std::string_view to_string(Linkage linkage);

struct ElfFacts {
  std::string machine;  ///< "x86-64", "AArch64"; "machine 1234" when unnamed
  std::uint16_t machine_number = 0;
  std::uint8_t word_bits = 0;  ///< 32 or 64
  Linkage linkage = Linkage::other;
  std::string interpreter;           ///< PT_INTERP; empty when there is none
  std::vector<std::string> needed;   ///< DT_NEEDED, in file order
  std::vector<std::string> rpath;    ///< DT_RPATH, split at ':', tokens such as $ORIGIN unexpanded
  std::vector<std::string> runpath;  ///< DT_RUNPATH, likewise
  Bytes file_bytes;
  bool loadable = false;   ///< its segments can be mapped by a kernel of its machine
  std::string unloadable;  ///< why not; set exactly when `loadable` is false
};

/// Errors: unreadable, not a regular file, not ELF, or a header libelf refuses.
Result<ElfFacts> read_elf(const std::filesystem::path& path);

/// Why execve(2) would refuse `path`, or the program would die before its first instruction of its own; empty when
/// nothing is found. Follows `#!` lines and ELF interpreters. Looks at this host's root, not at an image's.
std::string why_not_executable(const std::filesystem::path& path);

/// The words of a `#!` line: the interpreter and, when there is one, its single argument. Empty for any other file.
struct ScriptInterpreter {
  std::string path;
  std::string argument;
};
Result<ScriptInterpreter> read_script_interpreter(const std::filesystem::path& path);

/// The shared objects a program loads at start, found as the dynamic loader finds them: DT_RPATH, DT_RUNPATH,
/// ld.so.cache (musl: /etc/ld-musl-*.path), then the system's folders. $LD_LIBRARY_PATH and $LD_PRELOAD are not looked
/// at, and processor-specific (glibc-hwcaps) copies are not preferred.
struct Libraries {
  std::vector<std::filesystem::path> found;  ///< the interpreter first, then breadth-first; no file twice
  std::vector<std::string> missing;          ///< names nothing was found for
  std::vector<std::pair<std::string, std::filesystem::path>> by_name;  ///< each name asked for, and what it led to
};
Result<Libraries> find_libraries(const std::filesystem::path& program);

}  // namespace frostbyte::elf
