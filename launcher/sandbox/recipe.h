// A variant's sandbox, worked out once: which namespaces clone3 makes, and the flat lists of steps its children walk.
// Not here: what differs from launch to launch (slot.h).
#pragma once

#include <sys/resource.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "launcher/base/fd.h"
#include "launcher/base/result.h"
#include "launcher/sandbox/isolation.h"
#include "launcher/sandbox/mounts.h"
#include "launcher/sandbox/root_steps.h"
#include "launcher/sandbox/steps.h"
#include "launcher/sandbox/syscall_filter.h"

namespace frostbyte::sandbox {

struct SandboxSpec {
  Isolation isolation;
  RootPlan root;  ///< proc and devices are filled in by the recipe
  ListenTrap trap = ListenTrap::no;
  std::vector<int> cpus;     ///< the CPUs the function may use; empty: the launcher's own set
  rlim_t open_files = 1024;  ///< the soft limit the user had before the launcher raised its own
};

class Recipe {
 public:
  /// Errors: a filter that cannot be generated, a root that cannot be described.
  static Result<Recipe> make(SandboxSpec spec);

  [[nodiscard]] const Isolation& isolation() const { return spec_.isolation; }
  [[nodiscard]] const RootPlan& root() const { return spec_.root; }
  [[nodiscard]] std::uint64_t clone_flags() const { return clone_flags_; }
  /// The mounts that all launches share; the launching thread is there while it makes a child. None: the child builds
  /// its whole root.
  [[nodiscard]] const std::optional<MountNamespace>& shared_root() const { return shared_root_; }
  /// First: session, affinity, identity, host name, mounts. Then the launch enters its cgroup.
  [[nodiscard]] const StepList& arrival() const { return arrival_; }
  /// Then: cgroup namespace, filter, capabilities, signals. Then the launch arranges its descriptors.
  [[nodiscard]] const StepList& surrender() const { return surrender_; }
  /// The path the child executes for a program at `host_path`.
  [[nodiscard]] std::string path_inside(const std::filesystem::path& host_path) const;

 private:
  explicit Recipe(SandboxSpec spec) : spec_(std::move(spec)) {}
  Result<void> lay_out_arrival();
  Result<void> lay_out_root();
  Result<void> lay_out_surrender();

  SandboxSpec spec_;
  Fd launcher_;  // a pidfd of this process: how a child notices that it was orphaned before PDEATHSIG was set
  std::uint64_t clone_flags_ = 0;
  std::optional<MountNamespace> shared_root_;
  StepList arrival_;
  StepList surrender_;
};

}  // namespace frostbyte::sandbox
