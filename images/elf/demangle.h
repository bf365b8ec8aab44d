// Symbol names as their languages write them.
#pragma once

#include <string>
#include <string_view>

namespace frostbyte::elf {

/// C++ (Itanium), Rust (legacy and v0) names in clear; any other name, and one whose clear form would be longer than
/// 16 KiB, as it is. Go's symbols are clear already. Safe for hostile names: work and memory are bounded.
std::string demangle(std::string_view name);

}  // namespace frostbyte::elf
