// libiberty's demanglers, for C++ and both of Rust's schemes. They hand out the clear name in pieces; a name of a
// hundred characters can stand for one of 2^100, so the pieces end where enough is enough: there the printer is left by
// longjmp, as its callback has no other way to stop it. It is C, holds its state on the stack, and nothing is lost.
#include "images/elf/demangle.h"

#include <csetjmp>

#include <libiberty/demangle.h>

namespace frostbyte::elf {
namespace {

constexpr std::size_t kLongestMangled = 4096;
constexpr std::size_t kLongestClear = 16384;

struct Output {
  char text[kLongestClear];
  std::size_t size = 0;
  std::jmp_buf full;
};

void take(const char* piece, std::size_t size, void* opaque) {
  auto& output = *static_cast<Output*>(opaque);
  if (size > kLongestClear - output.size) std::longjmp(output.full, 1);  // NOLINT(cert-err52-cpp): see above
  __builtin_memcpy(output.text + output.size, piece, size);
  output.size += size;
}

using Demangler = int (*)(const char*, int, demangle_callbackref, void*);

/// The number of characters in `output`; 0 when the name is not the demangler's.
std::size_t run(Demangler demangler, const char* name, Output& output) {
  constexpr int kOptions = DMGL_PARAMS | DMGL_ANSI;
  output.size = 0;
  if (setjmp(output.full) != 0) return 0;  // NOLINT(cert-err52-cpp)
  return demangler(name, kOptions, take, &output) != 0 ? output.size : 0;
}

}  // namespace

std::string demangle(std::string_view name) {
  const bool rust = name.starts_with("_R"), either = name.starts_with("_Z");
  if ((!rust && !either) || name.size() > kLongestMangled) return std::string(name);
  const std::string terminated(name);
  Output output;
  std::size_t size = run(rust_demangle_callback, terminated.c_str(), output);
  if (size == 0 && either) size = run(cplus_demangle_v3_callback, terminated.c_str(), output);
  return size == 0 ? terminated : std::string(output.text, size);
}

}  // namespace frostbyte::elf
