// Where this process stands in each cgroup hierarchy, as a directory it can open. Paths are never assumed: they come
// from /proc/self/mountinfo and /proc/self/cgroup.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "launcher/base/result.h"
#include "launcher/sandbox/cgroup.h"

namespace frostbyte::sandbox {

struct Hierarchy {
  CgroupVersion version = CgroupVersion::none;
  std::vector<std::string> controllers;  ///< v1: those mounted together; v2: empty, cgroup.controllers says
  std::string mount_point;
  std::string root;  ///< the cgroup that is seen at the mount point; "/" outside containers
  std::string own;   ///< the cgroup this process is in, as the kernel names it

  /// The directory of `cgroup`; empty when this mount does not show it (another cgroup namespace).
  [[nodiscard]] std::string directory_of(std::string_view cgroup) const;
};

/// Pure: from the texts of /proc/self/mountinfo and /proc/self/cgroup. A hierarchy mounted several times is given once,
/// where our own cgroup is visible if it is anywhere. Named v1 hierarchies (systemd's) are left out.
std::vector<Hierarchy> parse_hierarchies(std::string_view mountinfo, std::string_view own_cgroups);

Result<std::vector<Hierarchy>> read_hierarchies();

/// v2, v1 or none, by the file system `directory` is on.
CgroupVersion version_of(const std::string& directory);

/// Splits at `separator`, dropping empty parts.
std::vector<std::string_view> words(std::string_view text, char separator);

}  // namespace frostbyte::sandbox
