#include "churn.h"

#include <array>
#include <cstddef>
#include <memory>

namespace churn {
namespace {

constexpr std::size_t kPage = 4096;

class SplitMix64 {
 public:
  explicit SplitMix64(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }

 private:
  std::uint64_t state_;
};

std::size_t draw_size(SplitMix64& random) {
  const std::uint64_t percent = random.below(100);
  if (percent < 60) return 16 + random.below(112);
  if (percent < 90) return 128 + random.below(896);
  if (percent < 99) return 1024 + random.below(7168);
  return 8192 + random.below(57345);
}

void mix(std::uint64_t& hash, std::uint64_t value) {
  for (int byte = 0; byte < 8; ++byte) {
    hash ^= (value >> (8 * byte)) & 0xFF;
    hash *= 0x100000001B3;
  }
}

struct Block {
  std::unique_ptr<std::uint8_t[]> bytes;
  std::size_t size = 0;
};

Block make_block(std::size_t size, std::uint8_t mark) {
  Block block{.bytes = std::unique_ptr<std::uint8_t[]>(new std::uint8_t[size]), .size = size};
  for (std::size_t at = 0; at < size; at += kPage) block.bytes[at] = mark;
  block.bytes[size - 1] = mark;
  return block;
}

}  // namespace

Result run(std::uint64_t seed, std::uint32_t operations) {
  SplitMix64 random(seed);
  std::array<Block, kSlots> slots;
  Result result{.allocated = 0, .live = 0, .checksum = 0xCBF29CE484222325};
  for (std::uint32_t i = 0; i < operations; ++i) {
    Block& slot = slots[random.below(kSlots)];
    if (slot.bytes) {
      mix(result.checksum, slot.bytes[slot.size - 1]);
      result.live -= slot.size;
      slot.bytes.reset();  // before the next is allocated, as the text above says
    }
    const std::size_t size = draw_size(random);
    slot = make_block(size, static_cast<std::uint8_t>(i));
    mix(result.checksum, size);
    result.allocated += size;
    result.live += size;
  }
  return result;
}

}  // namespace churn
