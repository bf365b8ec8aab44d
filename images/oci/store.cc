#include "images/oci/store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "images/oci/decoder.h"
#include "images/oci/path.h"
#include "images/oci/tar.h"
#include "launcher/base/file.h"

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

/// What a link inside the archive leads to: a symbolic one from its own folder, a hard one from the root.
std::string link_target(const Entry& entry, const std::string& path) {
  if (entry.type == EntryType::hardlink || entry.target.starts_with('/')) return canonical_path(entry.target).path;
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "" : path.substr(0, slash + 1);
  return canonical_path(folder + entry.target).path;
}

Result<std::uint64_t> copy_all(int from, int to, const std::string& name, std::uint64_t most) {
  std::string buffer(256 << 10, '\0');
  std::uint64_t total = 0;
  for (;;) {
    const ssize_t n = ::read(from, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_failure("read", name);
    if (n == 0) return total;
    total += static_cast<std::uint64_t>(n);
    if (total > most) return failure("read", name, fmt::format("larger than {} bytes", most), "raise --max-unpacked");
    TRY(write_all(to, std::string_view(buffer).substr(0, static_cast<std::size_t>(n)), "a temporary file"));
  }
}

/// The same bytes without their compression; the blob itself when there is none.
Result<Blob> uncompressed(Blob blob, const Limits& limits) {
  Decoder decoder = TRY(Decoder::open(blob, {}, limits));
  if (decoder.facts().compression == Compression::none) return blob;
  auto file = std::make_shared<Fd>(TRY(unnamed_file()));
  for (;;) {
    const auto piece = TRY(decoder.next());
    if (piece.empty()) break;
    TRY(write_all(file->get(), {reinterpret_cast<const char*>(piece.data()), piece.size()}, "a temporary file"));
  }
  return Blob{.file = std::move(file), .offset = 0, .size = decoder.produced(), .name = blob.name};
}

Result<Blob> open_input(const std::string& path, const Limits& limits) {
  if (path == "-") return spool(STDIN_FILENO, "standard input", limits);
  std::error_code ignored;
  if (fs::is_regular_file(path, ignored)) return uncompressed(TRY(open_blob(path)), limits);
  const Fd fd = TRY(open_file(path, O_RDONLY));
  return spool(fd.get(), path, limits);
}

}  // namespace

Result<Blob> spool(int fd, const std::string& name, const Limits& limits) {
  struct stat facts{};
  if (::fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode)) {
    Fd same(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
    if (!same) return system_failure("read", name);
    return uncompressed({.file = std::make_shared<const Fd>(std::move(same)),
                         .offset = 0,
                         .size = static_cast<std::uint64_t>(facts.st_size),
                         .name = name},
                        limits);
  }
  auto file = std::make_shared<Fd>(TRY(unnamed_file()));
  const std::uint64_t size = TRY(copy_all(fd, file->get(), name, limits.unpacked));
  return uncompressed({.file = std::move(file), .offset = 0, .size = size, .name = name}, limits);
}

Result<Store> Store::open(const std::string& path, const Limits& limits) {
  Store store;
  store.name_ = path == "-" ? "standard input" : path;
  std::error_code error;
  if (path != "-" && fs::is_directory(path, error)) return store;
  store.archive_ = std::make_shared<const Archive>(TRY(index_archive(TRY(open_input(path, limits)), limits)));
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
  for (;;) {
    const Entry* entry = TRY(tar.next());
    if (previous && previous->type == EntryType::file && !previous->sparse) {
      const std::uint64_t begin = tar.position() - in_blocks(previous->size);
      archive.members[canonical_path(previous->path).path] = {.offset = begin, .size = previous->size};
    }
    if (entry == nullptr) return archive;
    if (archive.members.size() >= limits.members)
      return failure(
          "read archive", blob.name, fmt::format("it has more than {} members", limits.members),
          "an image's archive holds blobs, not files; for a root file system, unpack it and name the folder");
    if (entry->type == EntryType::symlink || entry->type == EntryType::hardlink) {
      const std::string path = canonical_path(entry->path).path;
      archive.members[path] = {.link = link_target(*entry, path)};
    }
    previous = *entry;
  }
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
