#include "images/elf/library_cache.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>

namespace frostbyte::elf {
namespace {

constexpr std::string_view kMagic = "glibc-ld.so.cache1.1";
constexpr std::string_view kOldMagic = "ld.so-1.7.0";
constexpr std::size_t kOldHeader = 16;  // magic, padding, number of entries
constexpr std::size_t kOldEntry = 12;

struct Header {
  char magic[20];
  std::uint32_t entries;
  std::uint32_t strings;
  std::uint32_t unused[5];
};
static_assert(sizeof(Header) == 48);

struct Entry {
  std::int32_t flags;
  std::uint32_t key;    // offset of the name, from the header
  std::uint32_t value;  // offset of the path
  std::uint32_t os_version;
  std::uint64_t hardware;
};
static_assert(sizeof(Entry) == 24);

constexpr std::int32_t kGlibc64 = 0x0303;  // FLAG_X8664_LIB64 | FLAG_ELF_LIBC6
constexpr std::int32_t kGlibc32 = 0x0003;  // FLAG_ELF_LIBC6

template <class T>
std::optional<T> copy_at(std::string_view bytes, std::size_t offset) {
  if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

std::string_view string_at(std::string_view bytes, std::size_t offset) {
  if (offset >= bytes.size()) return {};
  const std::string_view rest = bytes.substr(offset);
  const auto end = rest.find('\0');
  return end == std::string_view::npos ? std::string_view() : rest.substr(0, end);
}

/// glibc before 2.32 wrote the old format first and the new one behind it, aligned to 8.
std::string_view new_format(std::string_view cache) {
  if (cache.starts_with(kOldMagic)) {
    const auto entries = copy_at<std::uint32_t>(cache, 12);
    const std::size_t end = kOldHeader + kOldEntry * std::size_t{entries.value_or(0)};
    cache.remove_prefix(std::min(cache.size(), (end + 7) / 8 * 8));
  }
  return cache.starts_with(kMagic) ? cache : std::string_view();
}

}  // namespace

std::map<std::string, std::filesystem::path> parse_library_cache(std::string_view cache, int word_bits) {
  std::map<std::string, std::filesystem::path> libraries;
  const std::string_view bytes = new_format(cache);
  const auto header = copy_at<Header>(bytes, 0);
  if (!header) return libraries;
  const std::int32_t wanted = word_bits == 64 ? kGlibc64 : kGlibc32;
  for (std::uint32_t i = 0; i < header->entries; ++i) {
    const auto entry = copy_at<Entry>(bytes, sizeof(Header) + sizeof(Entry) * std::size_t{i});
    if (!entry) break;
    if (entry->flags != wanted || entry->hardware != 0) continue;
    const std::string_view name = string_at(bytes, entry->key), path = string_at(bytes, entry->value);
    if (!name.empty() && !path.empty()) libraries.emplace(name, path);
  }
  return libraries;
}

}  // namespace frostbyte::elf
