// Reads /proc/PID/mountinfo: see proc_pid_mountinfo(5).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "launcher/base/result.h"

namespace frostbyte::host {

struct Mount {
  std::string device;         ///< "254:0"
  std::string point;          ///< unescaped
  std::string type;           ///< "ext4", "cgroup2"
  std::string super_options;  ///< "rw,memory"; for cgroup v1 it names the controllers
};

/// In the kernel's order: what was mounted later, and so hides what is below it, comes later. Lines that cannot be read
/// are left out.
std::vector<Mount> parse_mountinfo(std::string_view text);

Result<std::vector<Mount>> read_mounts(const std::filesystem::path& root = "/");

/// The mount a canonical path is on; null when none is (another root).
const Mount* mount_of(const std::vector<Mount>& mounts, const std::filesystem::path& path);

/// The type of the file system a path is on; empty when it cannot be told.
std::string file_system_of(const std::filesystem::path& path);

/// Whether `path` is `directory` or below it, by whole components.
bool is_within(std::string_view path, std::string_view directory);

}  // namespace frostbyte::host
