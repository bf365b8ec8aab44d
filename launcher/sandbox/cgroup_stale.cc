// Cgroups of runs that ended without cleaning up: killed launchers cannot. A directory is stale when its name carries a
// process that is gone *and* nobody holds its lock; the name alone would condemn a run in another pid namespace, where
// our view of pids says nothing.
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>

#include <filesystem>
#include <memory>

#include "launcher/base/fd.h"
#include "launcher/sandbox/cgroup.h"
#include "launcher/sandbox/cgroup_directory.h"
#include "launcher/sandbox/cgroup_hierarchy.h"

namespace frostbyte::sandbox {
namespace {

constexpr int kDeepest = 32;

std::vector<std::string> children_of(const std::string& directory) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, decltype([](DIR* open) { ::closedir(open); })> stream(::opendir(directory.c_str()));
  while (const dirent* entry = stream ? ::readdir(stream.get()) : nullptr) {
    const std::string name = entry->d_name;
    if (entry->d_type == DT_DIR && name != "." && name != "..") names.push_back(name);
  }
  return names;
}

bool is_locked(const std::string& directory) {
  const auto open = open_file(directory, O_RDONLY | O_DIRECTORY);
  return !open || ::flock(open->get(), LOCK_SH | LOCK_NB) != 0;  // what cannot be asked is left alone
}

bool is_stale(const std::string& directory) {
  const auto owner = owner_of_run(std::filesystem::path(directory).filename().string());
  return owner && !is_alive(*owner) && !is_locked(directory);
}

void find_below(const std::string& directory, int depth, std::vector<std::string>& found) {
  if (depth > kDeepest) return;
  for (const std::string& name : children_of(directory)) {
    const std::string child = directory + "/" + name;
    if (is_stale(child)) {
      found.push_back(child);
    } else {
      find_below(child, depth + 1, found);  // a living run may hold a killed one: a function may use frostbyte itself
    }
  }
}

/// Children first: a directory with children cannot be removed.
Result<void> remove_tree(const std::string& directory, int depth) {
  for (const std::string& name : children_of(directory)) {
    if (depth < kDeepest) TRY(remove_tree(directory + "/" + name, depth + 1));
  }
  CgroupDirectory left = TRY(CgroupDirectory::adopt(directory));
  const auto removed = left.remove(Nanos::zero());
  if (removed) return removed;
  TRY(left.kill_all(kRemovalPatience));
  return left.remove(kRemovalPatience);
}

}  // namespace

Result<std::vector<std::string>> find_stale_cgroups() {
  std::vector<std::string> found;
  for (const Hierarchy& hierarchy : TRY(read_hierarchies())) find_below(hierarchy.mount_point, 0, found);
  return found;
}

Result<void> remove_stale_cgroup(const std::string& directory) {
  const auto refuse = [&](std::string cause) { return failure("remove stale cgroup", directory, std::move(cause)); };
  if (version_of(directory) == CgroupVersion::none) return refuse("it is not a cgroup");
  if (!is_stale(directory)) return refuse("it is not named after a run of frostbyte, or that run still lives");
  return remove_tree(directory, 0);
}

}  // namespace frostbyte::sandbox
