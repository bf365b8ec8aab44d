#include "images/oci/root_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <vector>

namespace frostbyte::oci {
namespace {

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

std::string name_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

Failure bad_parent(const std::string& path) {
  if (errno == EEXIST || errno == ENOENT || errno == ELOOP)
    return failure("unpack", path, "its path leads through a link to nowhere",
                   "no engine agrees on what that means: build the image again");
  if (errno == ENOTDIR) return failure("unpack", path, "a part of its path is no folder");
  return system_failure("unpack", path);
}

using Names = std::vector<std::string>;

/// A folder being emptied, and what of it is still to be done: paths may be thousands deep, so this does not recurse.
struct Level {
  Fd folder;
  std::string name;
  Names names;
};

}  // namespace

Result<RootFolder> RootFolder::open(const std::string& folder) {
  RootFolder root(TRY(open_file(folder, O_PATH | O_DIRECTORY)));
  const Fd itself(root.open_inside(".", O_PATH | O_DIRECTORY));
  if (!itself) return system_failure("resolve paths below", folder, "openat2 needs Linux 5.6 and no filter against it");
  return root;
}

int RootFolder::open_inside(const std::string& path, int flags) const {
  open_how how{};
  how.flags = static_cast<unsigned>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  return static_cast<int>(::syscall(SYS_openat2, root_.get(), path.empty() ? "." : path.c_str(), &how, sizeof how));
}

/// From the root down, one part at a time, each made if it is missing.
Result<Fd> RootFolder::make_folders(const std::string& path) const {
  Fd folder(open_inside("", O_PATH | O_DIRECTORY));
  for (std::size_t end = path.find('/');; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    Fd next(open_inside(part, O_PATH | O_DIRECTORY));
    if (!next && errno == ENOENT && ::mkdirat(folder.get(), name_of(part).c_str(), 0755) == 0)
      next = Fd(open_inside(part, O_PATH | O_DIRECTORY));
    if (!next) return bad_parent(path);
    folder = std::move(next);
    if (end == std::string::npos) return folder;
  }
}

Result<RootFolder::Place> RootFolder::at(const std::string& path) {
  const std::string parent = parent_of(path);
  if (!last_folder_ || last_ != parent) {
    Fd folder(open_inside(parent, O_PATH | O_DIRECTORY));
    if (!folder && errno != ENOENT) return bad_parent(path);
    last_folder_ = folder ? std::move(folder) : TRY(make_folders(parent));
    last_ = parent;
  }
  return Place{.folder = last_folder_.get(), .name = name_of(path), .path = path};
}

std::optional<struct stat> RootFolder::look(const Place& place) {
  struct stat facts{};
  if (::fstatat(place.folder, place.name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
  return facts;
}

Result<std::vector<std::string>> names_in_folder(int folder, const std::string& path) {
  const int copy = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (copy < 0) return system_failure("open folder", path);
  const std::unique_ptr<DIR, decltype([](DIR* it) { ::closedir(it); })> stream(::fdopendir(copy));
  if (!stream) return system_failure("list", path);
  Names names;
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  return names;
}

Result<void> remove_name(int folder, const std::string& name, const std::string& path) {
  if (::unlinkat(folder, name.c_str(), 0) == 0 || errno == ENOENT) return {};
  if (errno != EISDIR && errno != EPERM) return system_failure("remove", path);
  std::vector<Level> levels;
  const auto enter = [&](int parent, const std::string& child) -> Result<void> {
    Fd opened(::openat(parent, child.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!opened) return system_failure("open folder", path);
    Names names = TRY(names_in_folder(opened.get(), path));
    levels.push_back({.folder = std::move(opened), .name = child, .names = std::move(names)});
    return {};
  };
  TRY(enter(folder, name));
  while (!levels.empty()) {
    Level& level = levels.back();
    if (level.names.empty()) {
      const std::string emptied = level.name;
      levels.pop_back();
      const int parent = levels.empty() ? folder : levels.back().folder.get();
      if (::unlinkat(parent, emptied.c_str(), AT_REMOVEDIR) != 0) return system_failure("remove", path);
      continue;
    }
    const std::string next = std::move(level.names.back());
    level.names.pop_back();
    if (::unlinkat(level.folder.get(), next.c_str(), 0) == 0) continue;
    if (errno != EISDIR && errno != EPERM) return system_failure("remove", path);
    TRY(enter(level.folder.get(), next));
  }
  return {};
}

Result<void> RootFolder::remove(const Place& place) { return remove_name(place.folder, place.name, place.path); }

Result<std::optional<Fd>> RootFolder::find_folder(const std::string& path) const {
  Fd folder(open_inside(path, O_RDONLY | O_DIRECTORY));
  if (folder) return std::optional<Fd>(std::move(folder));
  if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP) return std::optional<Fd>();
  return system_failure("open folder", path);
}

Result<void> RootFolder::finish_folder(const std::string& path, std::uint32_t mode, std::int64_t mtime) const {
  const Fd folder(open_inside(path, O_RDONLY | O_DIRECTORY));
  if (!folder) return system_failure("open folder", path);
  const timespec times[2] = {{.tv_sec = mtime, .tv_nsec = 0}, {.tv_sec = mtime, .tv_nsec = 0}};
  if (::futimens(folder.get(), times) != 0 || ::fchmod(folder.get(), mode) != 0)
    return system_failure("set the mode of", path);
  return {};
}

}  // namespace frostbyte::oci
