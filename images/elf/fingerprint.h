// What was linked into a binary and how, each finding with what it rests on. Works on stripped binaries and on those
// without section headers, with less to rest on; never guesses: what leaves no trace is "none found".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "images/elf/binary.h"
#include "images/elf/elf.h"

namespace frostbyte::elf {

/// How much a trace proves, strongest first.
enum class Strength : std::uint8_t {
  symbol,   ///< the code itself, by the name of a function of its own
  library,  ///< a shared library the loader will bring in
  code,     ///< instructions only this one begins with
  text,     ///< a message only this one prints: stripped binaries have nothing else
  implied,  ///< follows from another trace
};
std::string_view to_string(Strength strength);

struct Trace {
  std::string name;     ///< "glibc", "jemalloc", "go"
  std::string version;  ///< empty when it leaves none
  Strength strength = Strength::implied;
  std::string evidence;  ///< "symbol mallctl", "needs libc.so.6", "text '<jemalloc>'"
};

struct GoBuild {
  std::string version;  ///< "go1.22.1"
  std::string path;     ///< of the main package
  int modules = 0;      ///< dependencies, the main module not among them
};

enum class Relro : std::uint8_t { none, partial, full };
std::string_view to_string(Relro relro);

/// Protections, as the file asks for them.
struct Hardening {
  bool position_independent = false;
  bool executable_stack = false;  ///< PT_GNU_STACK asks for it, or is missing
  bool writable_code = false;     ///< a segment is both
  bool stack_protector = false;   ///< __stack_chk_fail is called; false too when the symbols are gone
  Relro relro = Relro::none;
};

struct Fingerprint {
  std::string machine;
  Linkage linkage = Linkage::other;
  std::string interpreter;          ///< empty when there is none
  std::vector<std::string> needed;  ///< shared libraries, in file order
  std::vector<Trace> libc;          ///< strongest first; empty: none found
  std::vector<Trace> runtimes;      ///< go, rust, c++
  std::vector<Trace> allocators;    ///< strongest first, an allocator linked in before the C library's own
  GoBuild go;                       ///< version empty unless runtimes has go
  Hardening hardening;
  std::uint64_t relocations = 0;         ///< places patched before the program runs, by the loader or by itself
  bool compact_relocations = false;      ///< DT_RELR
  std::uint64_t thread_local_bytes = 0;  ///< each thread's own copy
  std::uint64_t page_alignment = 0;      ///< the largest p_align of a LOAD segment
  std::string build_id;                  ///< lower-case hexadecimal; empty when there is none
  std::string packer;                    ///< "UPX"; empty when unpacked
  bool stripped = false;                 ///< no symbol table

  /// The allocator that serves malloc as far as is known: "jemalloc", "glibc", "none found".
  [[nodiscard]] std::string allocator() const;
};

Fingerprint fingerprint(const Binary& binary);

}  // namespace frostbyte::elf
