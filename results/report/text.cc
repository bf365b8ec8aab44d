#include "results/report/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace frostbyte::report {
namespace {

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

/// Length of the control sequence `text` starts with, 0 when it starts with none: ECMA-48's ESC [ parameters final, and
/// ESC ] text up to BEL or ESC \, which sets a terminal's title and clipboard.
std::size_t escape_sequence(std::string_view text) {
  std::size_t end = 2;
  if (text.starts_with("\x1b[")) {
    while (end < text.size() && text[end] >= 0x20 && text[end] < 0x40) ++end;
    return std::min(end + 1, text.size());
  }
  if (text.starts_with("\x1b]")) {
    while (end < text.size() && text[end] != '\x07' && !text.substr(end).starts_with("\x1b\\")) ++end;
    return std::min(text.size(), end + (end < text.size() && text[end] == '\x07' ? 1 : 2));
  }
  return 0;
}

/// U+0080 … U+009F: some terminals obey these as they do ESC.
bool is_c1_control(std::string_view text) {
  return text.size() > 1 && text[0] == '\xC2' && static_cast<unsigned char>(text[1]) < 0xA0;
}

/// Bytes of the well-formed character `text` begins with, 0 when it is none (RFC 3629: no overlong forms, no
/// surrogates, nothing past U+10FFFF) or one that XML has no place for.
std::size_t character_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const unsigned lead = byte(0);
  if (lead < 0x80) return lead >= 0x20 || lead == '\t' || lead == '\n' || lead == '\r' ? 1 : 0;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  if ((lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xED && byte(1) >= 0xA0)) return 0;
  if ((lead == 0xF0 && byte(1) < 0x90) || (lead == 0xF4 && byte(1) >= 0x90)) return 0;
  if (lead == 0xEF && byte(1) == 0xBF && byte(2) >= 0xBE) return 0;  // U+FFFE, U+FFFF
  return length;
}

}  // namespace

std::string valid_utf8(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    out += length == 0 ? "\xEF\xBF\xBD" : text.substr(0, length);
    text.remove_prefix(std::max<std::size_t>(1, length));
  }
  return out;
}

std::string printable(std::string_view text, Charset charset) {
  const auto is_shown = [&](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte != 0x7F && (byte < 0x80 || charset == Charset::unicode);
  };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (const std::size_t sequence = escape_sequence(text.substr(i)); sequence != 0) {
      i += sequence - 1;
    } else if (is_c1_control(text.substr(i))) {
      out += '?';
      ++i;
    } else if (text[i] == '\n' || text[i] == '\t') {
      out += ' ';
    } else if (is_shown(text[i])) {
      out += text[i];
    } else if (!is_continuation(text[i])) {  // one sign a character, not one a byte
      out += '?';
    }
  }
  return out;
}

std::string listed(std::span<const std::string> names) {
  constexpr std::size_t kMost = 5;
  const std::size_t shown = names.size() > kMost ? kMost - 1 : names.size();
  std::string text;
  for (std::size_t i = 0; i < shown; ++i) {
    const bool last = i + 1 == names.size();
    text += (i == 0 ? "" : last ? " and " : ", ") + names[i];
  }
  return shown == names.size() ? text : fmt::format("{} and {} more", text, names.size() - shown);
}

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return !is_continuation(c); }));
}

std::string shortened(std::string_view text, std::size_t width, Charset charset) {
  if (width_of(text) <= width) return std::string(text);
  const std::string_view mark = charset == Charset::unicode ? "…" : "~";
  std::size_t end = 0;
  for (std::size_t columns = 0; end < text.size(); ++end) {
    if (is_continuation(text[end])) continue;
    if (++columns == std::max<std::size_t>(width, 1)) break;
  }
  return std::string(text.substr(0, end)) + std::string(mark);
}

}  // namespace frostbyte::report
