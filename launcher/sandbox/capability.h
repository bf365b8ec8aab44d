// What of a sandbox this host can give to this user, found out by doing it in a child process that ends right after.
// Not here: Linux capabilities (privileges.h).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "launcher/sandbox/isolation.h"

namespace frostbyte::sandbox {

struct PartStatus {
  Part part = Part::mount;
  bool available = false;
  std::string reason;  ///< why not, and what would help; empty when available
};

/// One status per part, in the order of all_parts(). An ordinary user's namespaces are tried inside a user namespace,
/// as a launch would make them.
std::vector<PartStatus> probe_parts();

/// Whether a launch may mount an overlay here (`staging`: an empty directory).
bool overlays_usable(const std::filesystem::path& staging);

/// Whether a filter may notify the launcher: not when a filter above us already does (some container engines'), and not
/// before Linux 5.0.
bool listen_trap_usable();

}  // namespace frostbyte::sandbox
