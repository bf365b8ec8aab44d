// An allocation-heavy request, the same in every language: what it does is stated here, and its checksum proves that
// two programs did it.
//
// A live set of 512 slots, empty at first. Each operation draws a slot, frees what is in it, and allocates a block of a
// size drawn from: 60 % 16–127 B, 30 % 128–1,023 B, 9 % 1–8 KiB, 1 % 8–64 KiB, each uniform. Of every block, the first
// byte of each 4 KiB and the last byte are written. Afterwards everything is freed. Draws are SplitMix64's of the seed.
#pragma once

#include <cstdint>

namespace churn {

inline constexpr std::uint32_t kSlots = 512;
inline constexpr std::uint32_t kMostOperations = 1'000'000;

struct Result {
  std::uint64_t allocated = 0;  ///< bytes, over all operations
  std::uint64_t live = 0;       ///< bytes held at the end
  std::uint64_t checksum = 0;   ///< FNV-1a over the sizes and the bytes found in freed blocks
};

Result run(std::uint64_t seed, std::uint32_t operations);

}  // namespace churn
