#include "images/oci/store.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "images/oci/path.h"
#include "images/oci/spool.h"
#include "images/oci/tar.h"

namespace frostbyte::oci {
namespace {

namespace fs = std::filesystem;

/// A blob read in pieces that can also be jumped over: how the members of an archive are found without reading them.
class Scanner {
 public:
  explicit Scanner(Blob blob) : blob_(std::move(blob)) {}

  Result<std::span<const std::uint8_t>> read() {
    Blob rest = blob_;
    rest.offset += position_;
    rest.size -= position_;
    const std::size_t size = TRY(BlobReader(std::move(rest), {}).read({buffer_.get(), kPiece}));
    position_ += size;
    return std::span<const std::uint8_t>(buffer_.get(), size);
  }

  /// Not beyond the end: what is missing there must be found missing by reading.
  std::uint64_t skip(std::uint64_t wanted) {
    const std::uint64_t done = std::min(wanted, blob_.size - position_);
    position_ += done;
    return done;
  }

 private:
  static constexpr std::size_t kPiece = 64 << 10;
  Blob blob_;
  std::uint64_t position_ = 0;
  std::unique_ptr<std::uint8_t[]> buffer_ = std::make_unique_for_overwrite<std::uint8_t[]>(kPiece);
};

std::uint64_t in_blocks(std::uint64_t bytes) { return (bytes + 511) / 512 * 512; }

bool is_document(const Entry& entry) {
  const std::string path = canonical_path(entry.path).path;
  return path == "index.json" || path == "oci-layout" || path == "manifest.json";
}

/// What a link inside the archive leads to: a symbolic one from its own folder, a hard one from the root.
std::string link_target(const Entry& entry, const std::string& path) {
  if (entry.type == EntryType::hardlink || entry.target.starts_with('/')) return canonical_path(entry.target).path;
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "" : path.substr(0, slash + 1);
  return canonical_path(folder + entry.target).path;
}

}  // namespace

Result<Store> Store::open(const std::string& path, const Limits& limits) {
  Store store;
  store.name_ = path == "-" ? "standard input" : path;
  std::error_code error;
  if (path != "-" && fs::is_directory(path, error)) return store;
  store.archive_ = std::make_shared<const Archive>(TRY(index_archive(TRY(open_archive(path, limits)), limits)));
  return store;
}

/// Where a member's bytes begin is where the next header begins, less the member's own blocks: no header of any kind
/// stands between. Only members that are plain files are found; a wrong guess would not pass the check of its digest.
Result<Store::Archive> Store::index_archive(Blob blob, const Limits& limits) {
  Archive archive{.blob = blob};
  Scanner scanner(blob);
  TarReader tar = TRY(TarReader::open({.name = blob.name,
                                       .read = [&] { return scanner.read(); },
                                       .skip = [&](std::uint64_t bytes) { return scanner.skip(bytes); }}));
  std::optional<Entry> previous;
  bool full = false;
  bool documents = false;
  for (;;) {
    const Entry* entry = TRY(tar.next());
    if (previous) {
      documents = documents || is_document(*previous);
      full = full || archive.members.size() >= limits.members;
      if (!full) add_member(archive, *previous, tar.position());
    }
    if (entry == nullptr) break;
    previous = *entry;
  }
  // A root file system may well have more; only its first reading, as a layer, goes through all of it.
  if (full && documents)
    return failure("read archive", blob.name, fmt::format("it has more than {} members", limits.members),
                   "an image's archive holds blobs, not files; for a root file system, unpack it and name the folder");
  if (full) archive.members.clear();
  return archive;
}

/// A damaged header of a sparse file can give more bytes than stand there.
void Store::add_member(Archive& archive, const Entry& entry, std::uint64_t end) {
  const std::string path = canonical_path(entry.path).path;
  if (entry.type == EntryType::symlink || entry.type == EntryType::hardlink)
    archive.members[path] = {.link = link_target(entry, path)};
  const std::uint64_t most = end - std::min(end, entry.position);
  if (entry.type == EntryType::file && !entry.sparse && entry.size <= most && in_blocks(entry.size) <= most)
    archive.members[path] = {.offset = end - in_blocks(entry.size), .size = entry.size};
}

Result<std::optional<Blob>> Store::find(const std::string& name) const {
  const LayerPath path = canonical_path(name);
  if (path.escapes || path.path.empty() || name.starts_with('/') || name.find('\0') != std::string::npos)
    return failure("find", name, "this name leads out of " + name_, "the image's manifest.json is hostile or damaged");
  return archive_ ? find_member(path.path) : find_file(path.path);
}

Result<std::optional<Blob>> Store::find_member(std::string name) const {
  constexpr int kMostLinks = 40;  // as the kernel follows
  const std::string asked = name;
  for (int links = 0; links < kMostLinks; ++links) {
    const auto found = archive_->members.find(name);
    if (found == archive_->members.end()) return std::nullopt;
    const Member& member = found->second;
    if (member.link.empty()) {
      return Blob{.file = archive_->blob.file,
                  .offset = archive_->blob.offset + member.offset,
                  .size = member.size,
                  .name = fmt::format("{}({})", name_, name)};
    }
    name = member.link;
  }
  return failure("find", fmt::format("{}({})", name_, asked), "its links lead in a circle");
}

Result<std::optional<Blob>> Store::find_file(const std::string& name) const {
  const fs::path path = fs::path(name_) / name;
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return std::nullopt;
  return TRY(open_blob(path.string()));
}

std::map<std::string, std::uint64_t> Store::list(const std::string& folder) const {
  std::map<std::string, std::uint64_t> names;
  const std::string prefix = folder + "/";
  if (archive_) {
    for (auto it = archive_->members.lower_bound(prefix); it != archive_->members.end(); ++it) {
      if (!it->first.starts_with(prefix)) break;
      if (it->first.find('/', prefix.size()) == std::string::npos)
        names[it->first.substr(prefix.size())] = it->second.size;
    }
    return names;
  }
  std::error_code error;
  for (fs::directory_iterator it(fs::path(name_) / folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    if (it->is_regular_file(ignored)) names[it->path().filename().string()] = it->file_size(ignored);
  }
  return names;
}

}  // namespace frostbyte::oci
