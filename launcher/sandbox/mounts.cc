#include "launcher/sandbox/mounts.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace frostbyte::sandbox {
namespace {

/// Steps change the mask as they like; it is the whole process's.
class MaskKept {
 public:
  MaskKept() : before_(::umask(0)) {}
  MaskKept(const MaskKept&) = delete;
  MaskKept& operator=(const MaskKept&) = delete;
  ~MaskKept() { ::umask(before_); }

 private:
  mode_t before_;
};

Result<void> carry_out(const StepList& list) {
  for (std::size_t i = 0; i < list.size(); ++i) {
    const Step& step = list.steps()[i];
    const auto& a = step.arguments;
    if (::syscall(step.number, a[0], a[1], a[2], a[3], a[4], a[5]) < 0 && errno != step.tolerated)
      return system_failure(list.what(i), "the mounts all launches share");
  }
  return {};
}

}  // namespace

InMounts::~InMounts() {
  if (home_ != nullptr) home_->come_back();
}

void HomeMounts::come_back() const {
  // This thread was just there, and its descriptors hold the place: it cannot fail short of a kernel bug. Entering a
  // namespace leads to the namespace's own root, which is not ours when somebody changed it (chroot).
  if (::setns(fd_.get(), CLONE_NEWNS) != 0 || ::fchdir(root_.get()) != 0 || ::chroot(".") != 0) return;
  static_cast<void>(::fchdir(folder_.get()));
}

Result<HomeMounts> HomeMounts::here() {
  return HomeMounts(TRY(open_file("/proc/thread-self/ns/mnt", O_RDONLY)), TRY(open_file("/", O_PATH | O_DIRECTORY)),
                    TRY(open_file(".", O_PATH | O_DIRECTORY)));
}

Result<MountNamespace> HomeMounts::create(const StepList& building) const {
  const Fd own = TRY(open_file("/proc/thread-self/ns", O_PATH | O_DIRECTORY));  // out of reach once the root is another
  if (::unshare(CLONE_NEWNS) != 0) return system_failure("create", "mount namespace", "run as root");
  const InMounts inside(this);
  const MaskKept mask;
  TRY(carry_out(building));
  Fd made(::openat(own.get(), "mnt", O_RDONLY | O_CLOEXEC));
  if (!made) return system_failure("open", "the new mount namespace");
  return MountNamespace(std::move(made));
}

Result<InMounts> HomeMounts::enter(const MountNamespace& mounts) const {
  int result = ::setns(mounts.fd(), CLONE_NEWNS);
  // Refused as long as another thread, a helper that is just ending perhaps, has the same root and working directory.
  if (result != 0 && errno == EINVAL && ::unshare(CLONE_FS) == 0) result = ::setns(mounts.fd(), CLONE_NEWNS);
  if (result != 0) return system_failure("enter", "the mounts all launches share");
  return InMounts(this);
}

}  // namespace frostbyte::sandbox
