// What a fuzz target checks beside memory: a law that must hold for any input. The first byte of every input is not
// part of the text; it chooses where the text is cut, so that the fuzzer can steer the cuts as well.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace frostbyte::fuzz {

inline void must(bool law, const char* what) {
  if (law) return;
  std::fprintf(stderr, "broken law: %s\n", what);
  std::abort();
}

struct Input {
  std::size_t piece;  ///< the text arrives in pieces of this many bytes
  std::string_view text;
};

inline Input read_input(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return {.piece = 1, .text = {}};
  return {.piece = std::size_t{data[0]} + 1, .text = {reinterpret_cast<const char*>(data) + 1, size - 1}};
}

template <class Feed>
void feed_in_pieces(const Input& input, Feed feed) {
  for (std::size_t at = 0; at < input.text.size(); at += input.piece) feed(input.text.substr(at, input.piece));
}

}  // namespace frostbyte::fuzz
