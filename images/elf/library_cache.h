// ld.so.cache: which file a library name stands for, as ldconfig recorded it.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace frostbyte::elf {

/// Library name → file, for libraries of `word_bits` bits on x86. Processor-specific copies are left out. Pure; a text
/// that is not a cache of glibc ≥ 2.2 gives an empty map, entries that point outside it are skipped.
std::map<std::string, std::filesystem::path> parse_library_cache(std::string_view cache, int word_bits);

}  // namespace frostbyte::elf
