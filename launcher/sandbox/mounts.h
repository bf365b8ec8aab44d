// A mount namespace that is prepared once and copied by every launch, and a way in and back for one thread.
// Not here: what is mounted in it (root_steps.h).
#pragma once

#include <utility>

#include "launcher/base/fd.h"
#include "launcher/base/result.h"
#include "launcher/sandbox/steps.h"

namespace frostbyte::sandbox {

class MountNamespace {
 public:
  explicit MountNamespace(Fd fd) : fd_(std::move(fd)) {}
  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  Fd fd_;
};

class HomeMounts;

/// The calling thread sees other mounts for this object's life, and is back home afterwards, in root and folder.
class InMounts {
 public:
  InMounts(InMounts&& other) noexcept : home_(std::exchange(other.home_, nullptr)) {}
  InMounts& operator=(InMounts&&) = delete;
  ~InMounts();

 private:
  friend class HomeMounts;
  explicit InMounts(const HomeMounts* home) : home_(home) {}
  const HomeMounts* home_;  // outlives every visit
};

/// The mounts, root and working directory of the thread that asks, by descriptors: the way back needs no path.
class HomeMounts {
 public:
  static Result<HomeMounts> here();

  /// Copies the calling thread's mounts and carries out `building` there, in this thread. Needs CAP_SYS_ADMIN.
  [[nodiscard]] Result<MountNamespace> create(const StepList& building) const;
  /// The calling thread's root and working directory stop being shared with other threads.
  [[nodiscard]] Result<InMounts> enter(const MountNamespace& mounts) const;

 private:
  friend class InMounts;
  HomeMounts(Fd fd, Fd root, Fd folder) : fd_(std::move(fd)), root_(std::move(root)), folder_(std::move(folder)) {}
  void come_back() const;
  Fd fd_;
  Fd root_;
  Fd folder_;
};

}  // namespace frostbyte::sandbox
