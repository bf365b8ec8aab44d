#include "images/pack/contents.h"

#include <algorithm>

namespace frostbyte::pack {
namespace {

constexpr int kMostLinks = 40;  // the kernel's own MAXSYMLINKS

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

/// The files of a source, opened once: their sizes and their bytes are those of the same files.
Result<std::vector<oci::Blob>> open_all(const std::vector<std::filesystem::path>& files) {
  std::vector<oci::Blob> blobs;
  for (const std::filesystem::path& file : files) blobs.push_back(TRY(oci::open_blob(file.string())));
  return blobs;
}

Result<void> copy(const oci::Blob& blob, oci::LayerWriter& layer) {
  oci::BlobReader reader(blob, {});
  std::vector<std::uint8_t> buffer(256 << 10);
  for (;;) {
    const std::size_t size = TRY(reader.read(buffer));
    if (size == 0) return {};
    TRY(layer.write(std::span(buffer.data(), size)));
  }
}

Result<void> write_file(oci::Entry entry, const Source& source, oci::LayerWriter& layer) {
  if (const auto* text = std::get_if<std::string>(&source)) {
    entry.size = text->size();
    TRY(layer.add(std::move(entry)));
    return layer.write(std::span(reinterpret_cast<const std::uint8_t*>(text->data()), text->size()));
  }
  const std::vector<oci::Blob> blobs = TRY(open_all(std::get<std::vector<std::filesystem::path>>(source)));
  for (const oci::Blob& blob : blobs) entry.size += blob.size;
  TRY(layer.add(std::move(entry)));
  for (const oci::Blob& blob : blobs) TRY(copy(blob, layer));
  return {};
}

}  // namespace

Result<void> Contents::add(oci::Entry entry, Source source) {
  const bool is_folder = entry.type == oci::EntryType::folder;
  const oci::Entry* there = below_ == nullptr ? nullptr : below_->find(entry.path);
  if (is_folder && there != nullptr && there->type == oci::EntryType::folder) return {};
  const std::string parent = parent_of(entry.path);
  if (!parent.empty()) TRY(add_folder(parent));
  const auto [place, added] = items_.try_emplace(entry.path, Item{.entry = entry, .source = std::move(source)});
  if (added || (is_folder && place->second.entry.type == oci::EntryType::folder)) return {};
  return failure("put into the image", "/" + entry.path, "something is there already", "leave one of the two out");
}

Result<void> Contents::add_folder(const std::string& path, std::uint32_t mode) {
  return add({.path = path, .type = oci::EntryType::folder, .mode = mode}, std::string());
}

Result<void> Contents::add_file(const std::string& path, Source source, std::uint32_t mode) {
  return add({.path = path, .type = oci::EntryType::file, .mode = mode}, std::move(source));
}

Result<void> Contents::add_link(const std::string& path, const std::string& target) {
  return add({.path = path, .target = target, .type = oci::EntryType::symlink, .mode = 0777}, std::string());
}

Result<void> Contents::note(const oci::Entry& entry) { return add(entry, std::string()); }

const oci::Entry* Contents::find(const std::string& path) const {
  const auto item = items_.find(path);
  if (item != items_.end()) return &item->second.entry;
  return below_ == nullptr ? nullptr : below_->find(path);
}

std::optional<std::string> Contents::resolve(std::string_view path) const {
  std::string rest(path);
  std::string done;
  for (int links = 0; !rest.empty();) {
    const std::size_t end = std::min(rest.find('/'), rest.size());
    const std::string part = rest.substr(0, end);
    rest.erase(0, std::min(end + 1, rest.size()));
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      done = parent_of(done);
      continue;
    }
    const std::string next = done.empty() ? part : done + "/" + part;
    const oci::Entry* entry = find(next);
    if (entry == nullptr) return std::nullopt;
    if (entry->type != oci::EntryType::symlink) {
      done = next;
      continue;
    }
    if (++links > kMostLinks) return std::nullopt;
    const std::string& target = entry->target;
    if (target.starts_with('/')) done.clear();
    rest = target + (rest.empty() ? "" : "/" + rest);
  }
  return done;
}

bool Contents::has_file(std::string_view path) const {
  const auto real = resolve(path);
  if (!real || real->empty()) return false;
  const oci::EntryType type = find(*real)->type;
  return type == oci::EntryType::file || type == oci::EntryType::hardlink;
}

std::vector<std::string> Contents::paths() const {
  std::vector<std::string> all;
  for (const auto& [path, item] : items_) all.push_back(path);
  return all;
}

Result<oci::WrittenLayer> Contents::write(const oci::LayerOptions& options) const {
  oci::LayerWriter layer = TRY(oci::LayerWriter::open(options));
  for (const auto& [path, item] : items_) {
    if (item.entry.type == oci::EntryType::file) {
      TRY(write_file(item.entry, item.source, layer));
    } else {
      TRY(layer.add(item.entry));
    }
  }
  return layer.finish();
}

}  // namespace frostbyte::pack
