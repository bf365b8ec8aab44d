#include "images/oci/unpack.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>

#include "images/oci/path.h"
#include "images/oci/root_folder.h"

namespace frostbyte::oci {
namespace {

constexpr const char* kHonest = "an honest image never holds that: do not run it";

struct FolderFacts {
  std::uint32_t mode;
  std::int64_t mtime;
};

/// One image on its way to the disk.
class Unpacking {
 public:
  Unpacking(RootFolder root, const Limits& limits) : root_(std::move(root)), limits_(limits) {}

  Result<void> layer(const Layer& layer) {
    mine_.clear();
    LayerReader reader = TRY(LayerReader::open(layer, limits_));
    for (;;) {
      const Entry* entry = TRY(reader.next());
      if (entry == nullptr) break;
      TRY(take(*entry, reader));
    }
    TRY(reader.finish());
    return {};
  }

  /// At the end: a folder that may not be written to could not have been filled, and filling it changes its time.
  Result<Unpacked> finish() {
    for (auto folder = folders_.rbegin(); folder != folders_.rend(); ++folder)
      TRY(root_.finish_folder(folder->first, folder->second.mode, folder->second.mtime));
    return std::move(done_);
  }

 private:
  // ---- what an entry is ----

  Result<void> take(const Entry& entry, LayerReader& reader) {
    if (++done_.entries > limits_.entries)
      return failure("unpack", entry.path, fmt::format("the image has more than {} entries", limits_.entries), kHonest);
    const LayerPath path = canonical_path(entry.path);
    if (path.escapes) return failure("unpack", entry.path, "its path leads out of the image", kHonest);
    if (path.path.size() > limits_.path)
      return failure("unpack", entry.path.substr(0, 60) + "…",
                     fmt::format("its path has {} bytes, more than {}", path.path.size(), limits_.path), kHonest);
    const Marked marked = read_mark(path.path);
    switch (marked.mark) {
      case Mark::none:
        return path.path.empty() ? take_root(entry) : make(entry, path.path, reader);
      case Mark::whiteout:
        return remove_below(marked.path);
      case Mark::opaque:
        return empty_below(marked.path);
      case Mark::invalid:
        return failure("unpack", entry.path, "it is a whiteout of nothing", "build the image again");
      case Mark::other:
        return {};
    }
    return {};
  }

  Result<void> take_root(const Entry& entry) {
    if (entry.type == EntryType::folder) keep_for_later("", entry);
    return {};
  }

  Result<void> make(const Entry& entry, const std::string& path, LayerReader& reader) {
    TRY(refuse_own_link_above(path));
    const RootFolder::Place place = TRY(root_.at(path));
    TRY(make_room(entry, place));
    mine_[path] = entry.type;
    switch (entry.type) {
      case EntryType::folder:
        return make_folder(entry, place);
      case EntryType::file:
        return make_file(entry, place, reader);
      case EntryType::symlink:
        return make_symlink(entry, place);
      case EntryType::hardlink:
        return make_hardlink(entry, place);
      default:
        done_.findings.add(Severity::note, "device_left_out",
                           fmt::format("'/{}' is a device or a pipe, and is left out", path));
        return {};
    }
  }

  // ---- what was there ----

  /// A tree on a disk cannot hold a link and something below it: whoever writes both wants to write elsewhere.
  Result<void> refuse_own_link_above(const std::string& path) const {
    for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
      const auto own = mine_.find(path.substr(0, slash));
      if (own != mine_.end() && own->second != EntryType::folder)
        return failure("unpack", path,
                       own->second == EntryType::symlink ? "its path leads through a link of the same layer"
                                                         : "its path leads through a file of the same layer",
                       kHonest);
    }
    return {};
  }

  /// Another entry of this path is gone before this one is made; a folder stays a folder.
  Result<void> make_room(const Entry& entry, const RootFolder::Place& place) {
    if (const auto own = mine_.find(place.path); own != mine_.end() && own->second != entry.type) {
      const auto is_content = [](EntryType type) { return type == EntryType::file || type == EntryType::hardlink; };
      if (!is_content(own->second) || !is_content(entry.type))
        return failure("unpack", place.path, "one layer has it twice, as different things", kHonest);
    }
    const auto there = RootFolder::look(place);
    if (!there || (entry.type == EntryType::folder && S_ISDIR(there->st_mode))) return {};
    TRY(RootFolder::remove(place));
    forget_folders(place.path);
    return {};
  }

  void forget_folders(const std::string& path) {
    folders_.erase(path);
    const std::string below = path + "/";
    for (auto folder = folders_.lower_bound(below); folder != folders_.end() && folder->first.starts_with(below);)
      folder = folders_.erase(folder);
  }

  // ---- what is made ----

  void keep_for_later(const std::string& path, const Entry& entry) {
    // An ordinary user must still be able to remove it all.
    const std::uint32_t least = ::geteuid() == 0 ? 0 : 0700;
    folders_[path] = {.mode = safe_mode(entry) | least, .mtime = entry.mtime};
  }

  std::uint32_t safe_mode(const Entry& entry) {
    if ((entry.mode & (S_ISUID | S_ISGID)) != 0 && entry.type == EntryType::file)
      done_.findings.add(Severity::note, "set_id_taken_off",
                         fmt::format("'/{}' would run as its owner or group; that bit is taken off", entry.path));
    return entry.mode & 01777U;
  }

  Result<void> own(const Entry& entry, const RootFolder::Place& place) {
    if (entry.uid == 0 && entry.gid == 0) return {};
    if (::geteuid() != 0) {
      done_.findings.add(
          Severity::note, "owner_not_kept",
          fmt::format("'/{}' belongs to {}:{}; only root can give it away", place.path, entry.uid, entry.gid));
      return {};
    }
    if (::fchownat(place.folder, place.name.c_str(), static_cast<uid_t>(entry.uid), static_cast<gid_t>(entry.gid),
                   AT_SYMLINK_NOFOLLOW) != 0)
      return system_failure("give away", place.path);
    return {};
  }

  Result<void> make_folder(const Entry& entry, const RootFolder::Place& place) {
    if (::mkdirat(place.folder, place.name.c_str(), 0755) != 0 && errno != EEXIST)
      return system_failure("create folder", place.path);
    keep_for_later(place.path, entry);
    return own(entry, place);
  }

  Result<void> make_file(const Entry& entry, const RootFolder::Place& place, LayerReader& reader) {
    if (entry.size > limits_.unpacked - std::min(limits_.unpacked, done_.bytes))
      return failure("unpack", place.path, fmt::format("the image unpacks to more than {} bytes", limits_.unpacked),
                     kHonest);
    done_.bytes += entry.size;
    const Fd file(
        ::openat(place.folder, place.name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file) return system_failure("create", place.path);
    TRY(fill(file.get(), entry, place, reader));
    TRY(own(entry, place));
    const timespec times[2] = {{.tv_sec = entry.mtime, .tv_nsec = 0}, {.tv_sec = entry.mtime, .tv_nsec = 0}};
    if (::fchmod(file.get(), safe_mode(entry)) != 0 || ::futimens(file.get(), times) != 0)
      return system_failure("set the mode of", place.path);
    return {};
  }

  static Result<void> fill(int file, const Entry& entry, const RootFolder::Place& place, LayerReader& reader) {
    for (;;) {
      const TarReader::Piece piece = TRY(reader.read());
      if (piece.bytes.empty()) break;
      for (std::size_t done = 0; done < piece.bytes.size();) {
        const ssize_t n = ::pwrite(file, piece.bytes.data() + done, piece.bytes.size() - done,
                                   static_cast<off_t>(piece.offset + done));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return system_failure("write", place.path, "set TMPDIR to a folder with room for the whole image");
        done += static_cast<std::size_t>(n);
      }
    }
    if (entry.sparse && ::ftruncate(file, static_cast<off_t>(entry.size)) != 0)
      return system_failure("write", place.path);
    return {};
  }

  Result<void> make_symlink(const Entry& entry, const RootFolder::Place& place) {
    if (::symlinkat(entry.target.c_str(), place.folder, place.name.c_str()) != 0)
      return system_failure("create link", place.path);
    return own(entry, place);
  }

  Result<void> make_hardlink(const Entry& entry, const RootFolder::Place& place) {
    const LayerPath target = canonical_path(entry.target);
    if (target.escapes || target.path.empty())
      return failure("unpack", place.path, fmt::format("it is a hard link to '{}', out of the image", entry.target),
                     kHonest);
    // Its folder is opened apart: at() keeps but one, which `place` stands on.
    TRY(refuse_own_link_above(target.path));
    const std::size_t slash = target.path.rfind('/');
    const auto folder =
        TRY(root_.find_folder(slash == std::string::npos ? std::string() : target.path.substr(0, slash)));
    const std::string name = slash == std::string::npos ? target.path : target.path.substr(slash + 1);
    if (folder && ::linkat(folder->get(), name.c_str(), place.folder, place.name.c_str(), 0) == 0) return {};
    if (!folder || errno == ENOENT)
      return failure("unpack", place.path, fmt::format("it is a hard link to '{}', which is not there", entry.target),
                     "the image is damaged: build it again");
    return system_failure("link to " + entry.target, place.path);
  }

  // ---- what is removed: only what layers below brought ----

  Result<void> remove_below(const std::string& path) {
    TRY(refuse_own_link_above(path));
    const std::size_t slash = path.rfind('/');
    // A whiteout makes no folders: what it is in may never have been there.
    if (!TRY(root_.find_folder(slash == std::string::npos ? std::string() : path.substr(0, slash)))) return {};
    const RootFolder::Place place = TRY(root_.at(path));
    return remove_foreign(place.folder, place.name, path);
  }

  Result<void> empty_below(const std::string& path) {
    TRY(refuse_own_link_above(path + "/"));
    const auto folder = TRY(root_.find_folder(path));
    return folder ? empty_foreign(folder->get(), path) : Result<void>();
  }

  [[nodiscard]] bool holds_mine(const std::string& path) const {
    if (mine_.contains(path)) return true;
    const auto next = mine_.lower_bound(path + "/");
    return next != mine_.end() && next->first.starts_with(path + "/");
  }

  Result<void> remove_foreign(int folder, const std::string& name, const std::string& path) {
    if (!holds_mine(path)) {
      TRY(remove_name(folder, name, path));
      forget_folders(path);
      return {};
    }
    const Fd inside(::openat(folder, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    return inside ? empty_foreign(inside.get(), path) : Result<void>();  // a file of this layer: it stays
  }

  Result<void> empty_foreign(int folder, const std::string& path) {
    for (const std::string& name : TRY(names_in_folder(folder, path)))
      TRY(remove_foreign(folder, name, path.empty() ? name : path + "/" + name));
    return {};
  }

  RootFolder root_;
  const Limits& limits_;
  Unpacked done_;
  std::map<std::string, EntryType> mine_;       ///< paths of the layer under way
  std::map<std::string, FolderFacts> folders_;  ///< modes and times still to be set
};

}  // namespace

Result<Unpacked> unpack(const Image& image, const std::string& folder, const Limits& limits) {
  Unpacking unpacking(TRY(RootFolder::open(folder)), limits);
  for (const Layer& layer : image.layers) {
    const auto done = unpacking.layer(layer);
    if (!done) return wrap(done.error(), "unpack image", image.name);
  }
  return unpacking.finish();
}

}  // namespace frostbyte::oci
