// The root file system a launch sees, as mount steps for the child. Every launch starts from the same state: what a
// function writes goes into a tmpfs that dies with its mount namespace.
//
//   minimal    the function's folder at /function, /proc, a few devices, all read-only, and a tmpfs on /tmp
//   host       the host's tree, read-only; /tmp, /var and /run take writes through overlays, and forget them
//   directory  a given tree under an overlay, with the function's folder, /proc, devices and /tmp added
#pragma once

#include <cstdint>
#include <filesystem>

#include "launcher/base/result.h"
#include "launcher/sandbox/steps.h"

namespace frostbyte::sandbox {

enum class RootKind : std::uint8_t { host, minimal, directory };
enum class Proc : bool { inherited, own };           ///< own: a fresh procfs for a new pid namespace
enum class DeviceNodes : bool { bind, make };        ///< mknod is refused inside a user namespace
enum class Overlays : bool { unavailable, usable };  ///< the kernel may have none, or refuse them to ordinary users

struct RootPlan {
  RootKind kind = RootKind::minimal;
  std::filesystem::path directory;          ///< for RootKind::directory
  std::filesystem::path folder;             ///< the function's folder on the host; empty: nothing to bring in
  std::filesystem::path working_directory;  ///< on the host
  std::filesystem::path staging;            ///< an empty directory on the host: the mount point of the new tmpfs
  Proc proc = Proc::own;
  DeviceNodes devices = DeviceNodes::make;
  Overlays overlays = Overlays::usable;
};

/// Where the function's folder is inside a minimal or directory root.
inline constexpr const char* kFunctionFolder = "/function";

/// Host path → the same file's path inside the root: in the directory that is the root, or in the function's folder.
std::filesystem::path inside_root(const RootPlan& plan, const std::filesystem::path& host_path);

/// A minimal root in two parts. The shared one holds nothing that a launch could write to: it is built once, in a mount
/// namespace that every launch then copies. The fresh one is each launch's own (/proc, /tmp) and ends in
/// `working_directory`. Copying three mounts is cheaper than building them beside the host's and dropping those.
void add_shared_root_steps(StepList& steps, const RootPlan& plan);
void add_fresh_root_steps(StepList& steps, const RootPlan& plan);

/// Appends the mount steps of a whole root; the child ends in `working_directory`. Errors: a path an overlay cannot
/// name.
Result<void> add_root_steps(StepList& steps, const RootPlan& plan);

}  // namespace frostbyte::sandbox
