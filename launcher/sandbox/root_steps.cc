#include "launcher/sandbox/root_steps.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include <array>
#include <cerrno>
#include <string>

namespace frostbyte::sandbox {
namespace {

using std::filesystem::path;

struct Device {
  const char* name;
  unsigned major;
  unsigned minor;
};
constexpr std::array kDevices = {Device{"null", 1, 3}, Device{"zero", 1, 5}, Device{"full", 1, 7},
                                 Device{"random", 1, 8}, Device{"urandom", 1, 9}};

struct Link {
  const char* name;
  const char* target;
};
constexpr std::array kDeviceLinks = {Link{"fd", "/proc/self/fd"}, Link{"stdin", "/proc/self/fd/0"},
                                     Link{"stdout", "/proc/self/fd/1"}, Link{"stderr", "/proc/self/fd/2"}};

/// Adds mount-related steps to one list; knows no policy.
class Mounts {
 public:
  explicit Mounts(StepList& steps) : steps_(steps) {}

  // NOLINTNEXTLINE(readability-function-size): mount(2) has as many parameters
  void mount(const std::string& what, const std::string& source, const path& target, const char* type,
             unsigned long flags, const std::string& data = {}) {
    steps_.add("mount " + what, SYS_mount,
               {steps_.keep(source), steps_.keep(target), type == nullptr ? 0 : steps_.keep(type),
                static_cast<long>(flags), data.empty() ? 0 : steps_.keep(data)});
  }
  void bind(const std::string& what, const path& source, const path& target) {
    mount(what, source, target, nullptr, MS_BIND | MS_REC);
  }
  void make_directory(const path& directory, long mode = 0755) {
    steps_.add("create directory " + directory.string() + " in the new root", SYS_mkdir, {steps_.keep(directory), mode})
        .tolerated = EEXIST;
  }
  void make_private() { mount("changes privately", "none", "/", nullptr, MS_REC | MS_PRIVATE); }

  /// Everything below `target` becomes read-only and loses setuid; Linux 5.12.
  void make_read_only(const path& target) { set_read_only(target, AT_RECURSIVE); }
  /// `target` itself, and no mount below it.
  void make_only_itself_read_only(const path& target) { set_read_only(target, 0); }
  void change_directory(const path& directory) {
    steps_.add("enter directory " + directory.string(), SYS_chdir, {steps_.keep(directory)});
  }
  StepList& steps() { return steps_; }

 private:
  void set_read_only(const path& target, long flags) {
    const mount_attr attributes{
        .attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID, .attr_clr = 0, .propagation = 0, .userns_fd = 0};
    steps_.add(
        "make " + target.string() + " read-only", SYS_mount_setattr,
        {AT_FDCWD, steps_.keep(target), flags, steps_.keep_bytes(&attributes, sizeof attributes), sizeof attributes});
  }

  StepList& steps_;
};

/// Overlay options separate paths by ':' and options by ','; both, and the backslash, are escaped by a backslash.
std::string escaped(const path& directory) {
  std::string text;
  for (const char c : directory.string()) {
    if (c == '\\' || c == ',' || c == ':') text += '\\';
    text += c;
  }
  return text;
}

/// `lower` at `target`, with writes going to directories of their own in the tmpfs at `staging`.
void overlay(Mounts& mounts, const path& lower, const path& target, const path& staging, const std::string& name) {
  const path upper = staging / (name + "-upper");
  const path work = staging / (name + "-work");
  mounts.make_directory(upper, lower == "/tmp" ? 01777 : 0755);
  mounts.make_directory(work);
  mounts.mount("an overlay on " + target.string(), "frostbyte", target, "overlay", MS_NOSUID | MS_NODEV,
               "lowerdir=" + escaped(lower) + ",upperdir=" + escaped(upper) + ",workdir=" + escaped(work));
}

void add_devices(Mounts& mounts, const path& root, DeviceNodes how) {
  mounts.make_directory(root / "dev");
  for (const Device& device : kDevices) {
    const path node = root / "dev" / device.name;
    const bool make = how == DeviceNodes::make;
    mounts.steps()
        .add("create device " + node.string(), SYS_mknod,
             {mounts.steps().keep(node), (make ? S_IFCHR : S_IFREG) | 0666,
              make ? static_cast<long>(makedev(device.major, device.minor)) : 0})
        .tolerated = EEXIST;
    if (!make) mounts.bind("device " + node.string(), path("/dev") / device.name, node);
  }
  for (const Link& link : kDeviceLinks) {
    mounts.steps()
        .add("create link " + std::string(link.name), SYS_symlink,
             {mounts.steps().keep(link.target), mounts.steps().keep(root / "dev" / link.name)})
        .tolerated = EEXIST;
  }
}

void add_proc(Mounts& mounts, const path& root, Proc proc) {
  const path target = root / "proc";
  if (proc == Proc::own) {
    mounts.mount("proc", "proc", target, "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC);
  } else if (root != "/") {
    mounts.bind("proc", "/proc", target);
  }
}

void add_function_folder(Mounts& mounts, const path& root, const RootPlan& plan) {
  if (plan.folder.empty()) return;
  const path target = root / path(kFunctionFolder).relative_path();
  mounts.make_directory(target);
  mounts.bind("the function's folder", plan.folder, target);
  mounts.make_read_only(target);
}

/// Moves into `root` and drops the old tree; "." for both saves a directory for the old root.
void pivot(Mounts& mounts, const path& root) {
  mounts.change_directory(root);
  const long here = mounts.steps().keep(".");
  mounts.steps().add("pivot into the new root", SYS_pivot_root, {here, here});
  mounts.steps().add("detach the old root", SYS_umount2, {here, MNT_DETACH});
}

void mount_staging(Mounts& mounts, const path& staging) {
  mounts.mount("a tmpfs for the new root", "frostbyte", staging, "tmpfs", MS_NOSUID, "mode=0755");
}

void mount_tmp(Mounts& mounts, const path& root) {
  mounts.mount("a tmpfs on /tmp", "frostbyte", root / "tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777");
}

/// What is the same at every launch: nothing in it can be written.
void build_minimal_root(Mounts& mounts, const RootPlan& plan) {
  mount_staging(mounts, plan.staging);
  add_function_folder(mounts, plan.staging, plan);
  mounts.make_directory(plan.staging / "proc", 0555);
  add_devices(mounts, plan.staging, plan.devices);
  mounts.make_directory(plan.staging / "tmp", 01777);
  mounts.make_only_itself_read_only(plan.staging);
}

/// What each launch gets anew.
void add_fresh_mounts(Mounts& mounts, const path& root, Proc proc) {
  add_proc(mounts, root, proc);
  mount_tmp(mounts, root);
}

void add_minimal_root(Mounts& mounts, const RootPlan& plan) {
  build_minimal_root(mounts, plan);
  // Before the pivot: a user namespace may mount proc only where another proc is in sight.
  add_fresh_mounts(mounts, plan.staging, plan.proc);
  pivot(mounts, plan.staging);
}

void add_directory_root(Mounts& mounts, const RootPlan& plan) {
  mount_staging(mounts, plan.staging);
  const path root = plan.staging / "root";
  mounts.make_directory(root);
  overlay(mounts, plan.directory, root, plan.staging, "root");
  add_function_folder(mounts, root, plan);
  mounts.make_directory(root / "proc", 0555);
  add_proc(mounts, root, plan.proc);
  // A device node on an overlay would need the overlay to allow devices; binding the host's needs nothing.
  add_devices(mounts, root, DeviceNodes::bind);
  mounts.make_directory(root / "tmp", 01777);
  pivot(mounts, root);
}

/// Not every host has /var or /run, and where one is a link to another the target is covered once.
bool is_plain_directory(const path& directory) {
  std::error_code ignored;
  return std::filesystem::symlink_status(directory, ignored).type() == std::filesystem::file_type::directory;
}

void add_host_root(Mounts& mounts, const RootPlan& plan) {
  mounts.make_read_only("/");
  if (plan.overlays == Overlays::usable) {
    mount_staging(mounts, plan.staging);
    // /tmp comes last: the staging directory itself is usually below it and out of reach from then on.
    for (const char* writable : {"var", "run", "tmp"}) {
      const path target = path("/") / writable;
      if (is_plain_directory(target)) overlay(mounts, target, target, plan.staging, writable);
    }
  } else {
    mount_tmp(mounts, "/");
  }
  if (is_plain_directory("/dev/shm")) {
    mounts.mount("a tmpfs on /dev/shm", "frostbyte", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777");
  }
  add_proc(mounts, "/", plan.proc);
}

void set_mask(StepList& steps) { steps.add("set the file mode mask", SYS_umask, {0}); }  // modes mean what they say

void enter_working_directory(Mounts& mounts, const RootPlan& plan) {
  const path inside = inside_root(plan, plan.working_directory);
  mounts.change_directory(plan.kind != RootKind::host && inside == plan.working_directory ? path("/") : inside);
  mounts.steps().add("restore the file mode mask", SYS_umask, {022});
}

}  // namespace

path inside_root(const RootPlan& plan, const path& host_path) {
  if (plan.kind == RootKind::directory) {
    const path within = host_path.lexically_relative(plan.directory);
    if (!within.empty() && *within.begin() != "..") return within == "." ? path("/") : "/" / within;
  }
  if (plan.kind == RootKind::host || plan.folder.empty()) return host_path;
  const path relative = host_path.lexically_relative(plan.folder);
  if (relative.empty() || *relative.begin() == "..") return host_path;
  return relative == "." ? path(kFunctionFolder) : path(kFunctionFolder) / relative;
}

void add_shared_root_steps(StepList& steps, const RootPlan& plan) {
  Mounts mounts(steps);
  set_mask(steps);
  mounts.make_private();
  build_minimal_root(mounts, plan);
  pivot(mounts, plan.staging);
}

void add_fresh_root_steps(StepList& steps, const RootPlan& plan) {
  Mounts mounts(steps);
  set_mask(steps);
  add_fresh_mounts(mounts, "/", plan.proc);
  enter_working_directory(mounts, plan);
}

Result<void> add_root_steps(StepList& steps, const RootPlan& plan) {
  Mounts mounts(steps);
  set_mask(steps);
  mounts.make_private();
  switch (plan.kind) {
    case RootKind::minimal:
      add_minimal_root(mounts, plan);
      break;
    case RootKind::directory:
      if (plan.overlays == Overlays::unavailable) {
        return failure("use as a root", plan.directory.string(), "this host refuses overlay mounts",
                       "run as root, or use --root minimal or --root host");
      }
      add_directory_root(mounts, plan);
      break;
    case RootKind::host:
      add_host_root(mounts, plan);
      break;
  }
  enter_working_directory(mounts, plan);
  return {};
}

}  // namespace frostbyte::sandbox
