#include "launcher/sandbox/cgroup_hierarchy.h"

#include <linux/magic.h>
#include <sys/vfs.h>

#include <algorithm>
#include <optional>

#include "launcher/base/file.h"

namespace frostbyte::sandbox {
namespace {

/// Undoes the kernel's escaping of space, tab, newline and backslash in mountinfo: "\040".
std::string unescape(std::string_view text) {
  const auto is_octal = [](char c) { return c >= '0' && c <= '7'; };
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size() && std::ranges::all_of(text.substr(i + 1, 3), is_octal)) {
      plain += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

struct Mount {
  std::string root;
  std::string point;
  std::string_view type;
  std::vector<std::string_view> options;  ///< of the file system
};

/// proc_pid_mountinfo(5): "36 35 98:0 /root /point options [optional fields] - type source options".
std::optional<Mount> parse_mount(std::string_view line) {
  const auto separator = line.find(" - ");
  if (separator == std::string_view::npos) return std::nullopt;
  const auto before = words(line.substr(0, separator), ' ');
  const auto after = words(line.substr(separator + 3), ' ');
  if (before.size() < 5 || after.size() < 3) return std::nullopt;
  return Mount{
      .root = unescape(before[3]), .point = unescape(before[4]), .type = after[0], .options = words(after[2], ',')};
}

std::vector<Mount> parse_cgroup_mounts(std::string_view mountinfo) {
  std::vector<Mount> mounts;
  for (const std::string_view line : words(mountinfo, '\n')) {
    auto mount = parse_mount(line);
    if (mount && (mount->type == "cgroup" || mount->type == "cgroup2")) mounts.push_back(std::move(*mount));
  }
  return mounts;
}

/// cgroups(7): "4:memory:/path", "1:cpu,cpuacct:/path", "5:name=systemd:/path", "0::/path" for v2.
std::optional<Hierarchy> parse_own(std::string_view line) {
  const auto first = line.find(':');
  const auto second = first == std::string_view::npos ? first : line.find(':', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  const std::string_view controllers = line.substr(first + 1, second - first - 1);
  if (controllers.starts_with("name=")) return std::nullopt;
  Hierarchy hierarchy{.version = controllers.empty() ? CgroupVersion::v2 : CgroupVersion::v1,
                      .controllers = {},
                      .mount_point = {},
                      .root = {},
                      .own = std::string(line.substr(second + 1))};
  for (const std::string_view controller : words(controllers, ',')) hierarchy.controllers.emplace_back(controller);
  return hierarchy;
}

bool shows(const Mount& mount, const Hierarchy& hierarchy) {
  if (hierarchy.version == CgroupVersion::v2) return mount.type == "cgroup2";
  return mount.type == "cgroup" && std::ranges::all_of(hierarchy.controllers, [&](const std::string& controller) {
           return std::ranges::find(mount.options, controller) != mount.options.end();
         });
}

}  // namespace

std::vector<std::string_view> words(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const auto end = std::min(text.find(separator), text.size());
    if (end > 0) parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

std::string Hierarchy::directory_of(std::string_view cgroup) const {
  // A cgroup outside the mount's or our namespace's root is written with leading "/..": nothing shows it.
  if (!cgroup.starts_with('/') || cgroup == "/.." || cgroup.starts_with("/../")) return {};
  std::string_view below = cgroup;
  if (root != "/") {
    if (!below.starts_with(root)) return {};
    below.remove_prefix(root.size());
    if (!below.empty() && below.front() != '/') return {};
  }
  return below == "/" ? mount_point : mount_point + std::string(below);
}

std::vector<Hierarchy> parse_hierarchies(std::string_view mountinfo, std::string_view own_cgroups) {
  const std::vector<Mount> mounts = parse_cgroup_mounts(mountinfo);
  std::vector<Hierarchy> hierarchies;
  for (const std::string_view line : words(own_cgroups, '\n')) {
    auto hierarchy = parse_own(line);
    if (!hierarchy) continue;
    for (const Mount& mount : mounts) {
      if (!shows(mount, *hierarchy)) continue;
      hierarchy->mount_point = mount.point;
      hierarchy->root = mount.root;
      if (!hierarchy->directory_of(hierarchy->own).empty()) break;
    }
    if (!hierarchy->mount_point.empty()) hierarchies.push_back(std::move(*hierarchy));
  }
  return hierarchies;
}

Result<std::vector<Hierarchy>> read_hierarchies() {
  const std::string mountinfo = TRY(read_file("/proc/self/mountinfo"));
  const std::string own = TRY(read_file("/proc/self/cgroup"));
  return parse_hierarchies(mountinfo, own);
}

CgroupVersion version_of(const std::string& directory) {
  struct statfs facts{};
  if (::statfs(directory.c_str(), &facts) != 0) return CgroupVersion::none;
  if (facts.f_type == CGROUP2_SUPER_MAGIC) return CgroupVersion::v2;
  return facts.f_type == CGROUP_SUPER_MAGIC ? CgroupVersion::v1 : CgroupVersion::none;
}

}  // namespace frostbyte::sandbox
