// From a plan to a running child: clone3 with the launcher standing still until the child has called execve or failed.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>

#include "launcher/base/fd.h"
#include "launcher/base/result.h"
#include "launcher/sandbox/child.h"

namespace frostbyte::sandbox {

/// The memory a child runs on until execve gives it its own. One per launching thread; reused for every launch.
class ChildStack {
 public:
  static Result<ChildStack> create();
  ChildStack(ChildStack&& other) noexcept : base_(std::exchange(other.base_, nullptr)) {}
  ChildStack& operator=(ChildStack&&) = delete;
  ~ChildStack();
  static constexpr std::size_t kSize = 64u << 10;
  [[nodiscard]] void* base() const { return base_; }

 private:
  explicit ChildStack(void* base) : base_(base) {}
  void* base_;
};

struct Spawned {
  pid_t pid = 0;  ///< in the launcher's pid namespace
  Fd pidfd;
  Fd listen_notifications;  ///< seccomp notification descriptor, when the plan installs a filter that notifies
  Instant spawn{};          ///< last instruction before clone3
  ChildReport report;
};

/// `namespaces`: CLONE_NEW* flags. `cgroup_fd`: for CLONE_INTO_CGROUP, or -1.
/// Errors: clone3 itself was refused. A child that failed on its way to execve is a Spawned whose report says so.
Result<Spawned> spawn(ChildPlan plan, const ChildStack& stack, std::uint64_t namespaces, int cgroup_fd);

}  // namespace frostbyte::sandbox
