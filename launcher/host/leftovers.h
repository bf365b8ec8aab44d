// What a killed launcher left on the host: found by the name `frostbyte-PID-…` and by that PID being dead. A run of
// another launcher that is alive is never touched.
#pragma once

#include <sys/types.h>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "launcher/base/result.h"

namespace frostbyte::host {

struct Leftover {
  enum class Kind : std::uint8_t { process, mount, cgroup, temp_dir };
  Kind kind = Kind::temp_dir;
  std::string path{};  ///< mount point or directory; for a process, the stale cgroup it lives in
  pid_t process = 0;   ///< kind process only
  std::string note{};  ///< for people: owner's pid, command of the process
};
std::string_view to_string(Leftover::Kind kind);

/// In the order in which they must be removed: processes, mounts (innermost first), cgroups, temporary directories.
Result<std::vector<Leftover>> find_leftovers();

/// Removes one. Already gone is success. A process is only killed while it still is in the stale cgroup it
/// was found in.
Result<void> remove(const Leftover& leftover);

}  // namespace frostbyte::host
