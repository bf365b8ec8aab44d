// The record the Go linker leaves in .go.buildinfo (debug/buildinfo of Go's library): since Go 1.18 two texts with
// their lengths before them, before that two pointers to Go strings.
#include <elf.h>

#include <optional>

#include "images/elf/traces.h"

namespace frostbyte::elf {
namespace {

constexpr std::size_t kHead = 32;      // magic, pointer size, flags, padding
constexpr std::size_t kSentinel = 16;  // on both sides of the module text

/// A length in seven-bit groups, then that many bytes; takes them from `rest`.
std::optional<std::string_view> take_text(std::string_view& rest) {
  std::uint64_t length = 0;
  for (unsigned shift = 0; shift < 35 && !rest.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(rest.front());
    rest.remove_prefix(1);
    length |= std::uint64_t{byte & 0x7fU} << shift;
    if ((byte & 0x80) != 0) continue;
    if (length > rest.size()) return std::nullopt;
    const std::string_view text = rest.substr(0, length);
    rest.remove_prefix(length);
    return text;
  }
  return std::nullopt;
}

/// The text of the Go string whose address stands at `at`.
std::string_view text_behind(const Binary& binary, std::string_view record, std::size_t at, unsigned width, bool big) {
  const auto header = binary.offset_of(Decoder(record, big).at(at, width));
  if (!header) return {};
  const Decoder file(binary.bytes(), big);
  const auto text = binary.offset_of(file.at(*header, width));
  return text ? binary.slice(*text, file.at(*header + width, width)) : std::string_view();
}

/// The lines of the module text: "path", "mod", then one "dep" line a dependency.
void read_modules(std::string_view text, GoBuild& build) {
  if (text.size() < 2 * kSentinel) return;
  text = text.substr(kSentinel, text.size() - 2 * kSentinel);
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (line.starts_with("path\t")) build.path = line.substr(5);
    if (line.starts_with("dep\t")) ++build.modules;
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
}

}  // namespace

GoBuild read_go_build(const Evidence& evidence) {
  const Binary& binary = evidence.binary();
  const std::string magic = Needle("\xff Go buildinf:").text();
  const Section* section = binary.section(".go.buildinfo");
  const std::string_view record = section != nullptr ? binary.content(*section) : evidence.find(magic);
  GoBuild build;
  if (!record.starts_with(magic) || record.size() < kHead) return build;
  const auto flags = static_cast<unsigned char>(record[15]);
  std::string_view version, modules;
  if ((flags & 2) != 0) {
    std::string_view rest = record.substr(kHead);
    version = take_text(rest).value_or("");
    modules = take_text(rest).value_or("");
  } else {
    const auto width = static_cast<unsigned char>(record[14]);
    if (width != 4 && width != 8) return build;
    version = text_behind(binary, record, 16, width, (flags & 1) != 0);
    modules = text_behind(binary, record, 16 + width, width, (flags & 1) != 0);
  }
  build.version = version.substr(0, 64);
  read_modules(modules, build);
  return build;
}

}  // namespace frostbyte::elf
