// "Did you mean": the candidate closest to a mistyped word.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace frostbyte {

/// The candidate that needs the fewest single-character edits (swaps of neighbours count once) to become `word`; empty
/// when even the best would need more than a third of the word rewritten.
std::string nearest(std::string_view word, std::span<const std::string> candidates);

/// "did you mean 'x'? " or nothing, to stand before the list of what exists.
std::string did_you_mean(std::string_view word, std::span<const std::string> candidates);

/// "a, b, c".
std::string listing(std::span<const std::string> words);

}  // namespace frostbyte
