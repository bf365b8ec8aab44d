// What the kernel demands of an ELF header and its program headers before it maps a program (fs/binfmt_elf.c).
#pragma once

#include <gelf.h>

#include <cstdint>
#include <span>
#include <string>

namespace frostbyte::elf {

/// The kernel reads no more than 64 KiB of program headers.
inline constexpr std::size_t kMostSegments = 65536 / sizeof(Elf64_Phdr);

/// Empty when the segments can be mapped; else the first thing that is wrong.
std::string why_not_loadable(const GElf_Ehdr& header, std::span<const GElf_Phdr> segments, std::uint64_t file_size);

}  // namespace frostbyte::elf
