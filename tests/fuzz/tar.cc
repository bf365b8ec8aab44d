// Any bytes as a tar archive: entries stand one after the other, hold no more than the archive does, and do not depend
// on how the bytes arrive.
#include "images/oci/tar.h"

#include <vector>

#include "images/oci/path.h"
#include "law.h"

namespace {

using frostbyte::fuzz::must;
namespace oci = frostbyte::oci;

struct Seen {
  std::vector<oci::Entry> entries{};
  std::vector<std::uint64_t> payloads{};
  bool whole = false;
  std::string cause{};
};

void check_path(const oci::Entry& entry) {
  const std::string path = oci::canonical_path(entry.path).path;
  must(oci::canonical_path(path).path == path && !oci::canonical_path(path).escapes, "a canonical path stays");
  must(("/" + path + "/").find("/../") == std::string::npos, "a canonical path leads nowhere else");
  must(path.size() <= entry.path.size(), "a canonical path is no longer");
  (void)oci::read_mark(path);
}

/// Payloads are read, or passed over, as a caller may do either.
Seen read_tar(std::string_view text, std::size_t piece, bool payloads) {
  Seen seen;
  std::size_t at = 0;
  const auto next = [&]() -> frostbyte::Result<std::span<const std::uint8_t>> {
    const std::string_view part = text.substr(at, piece);
    at += part.size();
    return std::span(reinterpret_cast<const std::uint8_t*>(part.data()), part.size());
  };
  auto reader = oci::TarReader::open({.name = "input", .read = next});
  if (!reader) return seen;
  for (std::uint64_t position = 0;;) {
    const auto entry = reader->next();
    if (!entry) return seen.cause = entry.error().cause, seen;
    if (*entry == nullptr) break;
    must(reader->position() >= position, "entries follow each other");
    position = reader->position() + 512;
    check_path(**entry);
    seen.entries.push_back(**entry);
    std::uint64_t bytes = 0;
    while (payloads) {
      const auto part = reader->read();
      if (!part) return seen.cause = part.error().cause, seen;
      if (part->bytes.empty()) break;
      bytes += part->bytes.size();
    }
    must(bytes <= text.size(), "a payload lies in the archive");
    must(bytes <= (*entry)->size, "a payload is no longer than its header says");
    seen.payloads.push_back(bytes);
  }
  seen.whole = true;
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = frostbyte::fuzz::read_input(data, size);
  const Seen whole = read_tar(input.text, input.text.size() + 1, true);
  const Seen pieces = read_tar(input.text, input.piece, true);
  must(whole.whole == pieces.whole, "pieces end as the whole does");
  must(whole.payloads == pieces.payloads, "pieces hold what the whole holds");
  std::uint64_t sum = 0;
  for (const std::uint64_t bytes : whole.payloads) sum += bytes;
  must(sum <= input.text.size(), "payloads together lie in the archive");
  const Seen skimmed = read_tar(input.text, input.text.size() + 1, false);
  must(!whole.whole || skimmed.entries.size() == whole.entries.size(), "passing over payloads loses no entry");
  return 0;
}
