#include "launcher/host/leftovers.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <optional>

#include "launcher/base/fd.h"
#include "launcher/base/file.h"
#include "launcher/base/process.h"
#include "launcher/host/mountinfo.h"
#include "launcher/sandbox/cgroup.h"

namespace frostbyte::host {
namespace {

using Kind = Leftover::Kind;

constexpr std::string_view kPrefix = "frostbyte-";

/// The owner in a file name of ours; none for any other name.
std::optional<ProcessName> owner_of(std::string_view file_name) {
  if (!file_name.starts_with(kPrefix)) return std::nullopt;
  return parse_process_name(file_name.substr(kPrefix.size()));
}

/// The owner named by the innermost component of ours in a path: directories nest when TMPDIR points into one.
std::optional<ProcessName> owner_of_path(const std::filesystem::path& path) {
  std::optional<ProcessName> innermost;
  for (const std::filesystem::path& part : path) {
    if (const auto owner = owner_of(part.native())) innermost = owner;
  }
  return innermost;
}

std::string note_on(const ProcessName& owner) { return "launcher " + std::to_string(owner.pid) + " is gone"; }

/// A launcher in another pid namespace looks dead from here, but holds the lock on its directory.
bool is_locked(const std::string& directory) {
  const Result<Fd> fd = open_file(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  return fd && ::flock(fd->get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

std::string command_of(pid_t process) {
  return read_trimmed("/proc/" + std::to_string(process) + "/comm").value_or("gone meanwhile");
}

bool lives_in(pid_t process, const std::string& cgroup) {
  // /proc gives the path below the hierarchy's mount; the stale directory's own name is unique.
  const std::string name = std::filesystem::path(cgroup).filename();
  return read_file("/proc/" + std::to_string(process) + "/cgroup").value_or("").find("/" + name) != std::string::npos;
}

void add_processes(const std::string& cgroup, std::vector<Leftover>& found) {
  std::error_code error;
  std::vector<std::filesystem::path> folders = {cgroup};
  for (std::filesystem::recursive_directory_iterator entry(cgroup, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->is_directory(error)) folders.push_back(entry->path());
  }
  for (const std::filesystem::path& folder : folders) {
    const std::string list = read_file(folder / "cgroup.procs").value_or("");
    for (const char* at = list.data(); at < list.data() + list.size();) {
      pid_t process = 0;
      const auto [end, bad] = std::from_chars(at, list.data() + list.size(), process);
      if (bad != std::errc()) break;
      found.push_back({.kind = Kind::process, .path = cgroup, .process = process, .note = command_of(process)});
      at = end + 1;
    }
  }
}

Result<void> add_mounts(std::vector<Leftover>& found) {
  const std::vector<Mount> mounts = TRY(read_mounts());
  // Innermost first is the reverse of the order in which they were made.
  for (auto mount = mounts.rbegin(); mount != mounts.rend(); ++mount) {
    const auto owner = owner_of_path(mount->point);
    if (owner && !is_alive(*owner))
      found.push_back({.kind = Kind::mount, .path = mount->point, .note = note_on(*owner)});
  }
  return {};
}

void add_temp_dirs(std::vector<Leftover>& found) {
  std::error_code error;
  std::vector<Leftover> dirs;
  for (std::filesystem::directory_iterator entry(temporary_base(), error), end; !error && entry != end;
       entry.increment(error)) {
    const auto owner = owner_of(entry->path().filename().native());
    std::error_code ignored;
    if (!owner || entry->is_symlink(ignored) || !entry->is_directory(ignored)) continue;
    if (is_alive(*owner) || is_locked(entry->path())) continue;
    dirs.push_back({.kind = Kind::temp_dir, .path = entry->path(), .note = note_on(*owner)});
  }
  std::ranges::sort(dirs, {}, &Leftover::path);
  std::ranges::move(dirs, std::back_inserter(found));
}

Result<void> end_process(const Leftover& leftover) {
  const Fd process(static_cast<int>(::syscall(SYS_pidfd_open, leftover.process, 0)));
  if (!process && errno == ESRCH) return {};
  if (!process) return system_failure("open", "process " + std::to_string(leftover.process));
  // With the pidfd held the pid cannot be given to another between this look and the signal.
  if (!lives_in(leftover.process, leftover.path)) return {};
  if (::syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0) == 0 || errno == ESRCH) return {};
  return system_failure("end", "process " + std::to_string(leftover.process),
                        "run as the user it belongs to, or as root");
}

Result<void> unmount(const std::string& point) {
  if (::umount2(point.c_str(), UMOUNT_NOFOLLOW) == 0 || errno == EINVAL || errno == ENOENT) return {};
  if (errno == EBUSY && ::umount2(point.c_str(), UMOUNT_NOFOLLOW | MNT_DETACH) == 0) return {};
  return system_failure("unmount", point, "run as root");
}

/// Never descends into a mount: what is mounted in a left directory may be the user's own files.
Result<void> remove_directory(const std::string& path) {
  for (const Mount& mount : TRY(read_mounts())) {
    if (is_within(mount.point, path))
      return failure("remove", path, mount.point + " is still mounted", "umount " + mount.point);
  }
  const auto owner = owner_of(std::filesystem::path(path).filename().native());
  if (!owner || is_alive(*owner) || is_locked(path)) {
    return failure("remove", path, "it is not, or no longer, a dead launcher's directory");
  }
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error) return system_failure(error.value(), "remove", path, "run as the user it belongs to, or as root");
  return {};
}

}  // namespace

std::string_view to_string(Leftover::Kind kind) {
  constexpr std::array<std::string_view, 4> kNames = {"process", "mount", "cgroup", "temporary directory"};
  return kNames[static_cast<std::size_t>(kind)];
}

Result<std::vector<Leftover>> find_leftovers() {
  std::vector<Leftover> found;
  const std::vector<std::string> cgroups = TRY(sandbox::find_stale_cgroups());
  for (const std::string& cgroup : cgroups) add_processes(cgroup, found);
  TRY(add_mounts(found));
  for (const std::string& cgroup : cgroups)
    found.push_back({.kind = Kind::cgroup, .path = cgroup, .note = "its launcher is gone"});
  add_temp_dirs(found);
  return found;
}

Result<void> remove(const Leftover& leftover) {
  switch (leftover.kind) {
    case Kind::process:
      return end_process(leftover);
    case Kind::mount:
      return unmount(leftover.path);
    case Kind::cgroup:
      return sandbox::remove_stale_cgroup(leftover.path);
    case Kind::temp_dir:
      return remove_directory(leftover.path);
  }
  return {};
}

}  // namespace frostbyte::host
