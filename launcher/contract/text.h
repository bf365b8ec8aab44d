// Small text helpers of this module: quoting foreign bytes for people, HTTP's case-insensitive words, base64.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace frostbyte::contract {

/// Foreign bytes made fit for a terminal: control and non-ASCII bytes as \xNN, cut to `limit` bytes with "…".
std::string excerpt(std::string_view bytes, std::size_t limit = 32);

[[nodiscard]] bool equals_ignoring_case(std::string_view a, std::string_view b);

/// ASCII only, as header names are.
std::string lower_case(std::string_view text);

[[nodiscard]] bool is_utf8(std::string_view bytes);

/// RFC 4648 §4, with padding.
std::string base64_encode(std::string_view bytes);
/// Accepts with or without padding. Nothing when a character or the length is wrong.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace frostbyte::contract
