#include "images/oci/path.h"

#include <algorithm>

namespace frostbyte::oci {

LayerPath canonical_path(std::string_view text) {
  LayerPath result;
  result.path.reserve(text.size());
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('/'), text.size());
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      result.escapes = result.escapes || result.path.empty();
      const std::size_t slash = result.path.rfind('/');
      result.path.resize(slash == std::string::npos ? 0 : slash);
      continue;
    }
    if (!result.path.empty()) result.path += '/';
    result.path += part;
  }
  return result;
}

bool PathOrder::operator()(std::string_view a, std::string_view b) const {
  const auto rank = [](char c) { return c == '/' ? 0 : static_cast<unsigned char>(c) + 1; };
  return std::ranges::lexicographical_compare(a, b, {}, rank, rank);
}

Marked read_mark(std::string_view canonical) {
  constexpr std::string_view kPrefix = ".wh.";
  const std::size_t slash = canonical.rfind('/');
  const std::string_view folder = slash == std::string_view::npos ? "" : canonical.substr(0, slash);
  const std::string_view name = slash == std::string_view::npos ? canonical : canonical.substr(slash + 1);
  if (!name.starts_with(kPrefix)) return {.mark = Mark::none, .path = std::string(canonical)};
  if (name == ".wh..wh..opq") return {.mark = Mark::opaque, .path = std::string(folder)};
  if (name.starts_with(".wh..wh.")) return {.mark = Mark::other, .path = std::string(canonical)};
  const std::string_view target = name.substr(kPrefix.size());
  // "." and ".." name no file: a whiteout of them would be one of the folder itself, or of the one above.
  if (target.empty() || target == "." || target == "..") return {.mark = Mark::invalid, .path = std::string(canonical)};
  return {.mark = Mark::whiteout, .path = (folder.empty() ? "" : std::string(folder) + "/") + std::string(target)};
}

}  // namespace frostbyte::oci
