#include "launcher/sweep/text_json.h"

#include <fmt/format.h>

#include <charconv>

namespace frostbyte::sweep {
namespace {

/// The library decides what UTF-8 is, so that what passes here is what it will dump.
bool is_utf8(const std::string& text) {
  try {
    (void)record::Json(text).dump();
    return true;
  } catch (const record::Json::type_error&) {
    return false;
  }
}

Result<std::string> bytes_of(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    unsigned byte = 0;
    const char* end = hex.data() + std::min(i + 2, hex.size());
    const auto [stopped, error] = std::from_chars(hex.data() + i, end, byte, 16);
    if (error != std::errc() || stopped != end || end - (hex.data() + i) != 2)
      return failure("read hex text", hex, "not pairs of hexadecimal digits");
    bytes.push_back(static_cast<char>(byte));
  }
  return bytes;
}

}  // namespace

record::Json text_to_json(const std::string& text) {
  if (is_utf8(text)) return text;
  std::string hex;
  for (const char byte : text) hex += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return {{"hex", hex}};
}

Result<std::string> text_from_json(const record::Json& json) {
  if (json.is_string()) return json.get<std::string>();
  if (json.is_object() && json.contains("hex") && json["hex"].is_string()) return bytes_of(json["hex"]);
  return failure("read text", json.dump(), "neither a string nor {\"hex\": …}");
}

}  // namespace frostbyte::sweep
