#include "launcher/sandbox/cgroup_directory.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <thread>

#include "launcher/base/file.h"
#include "launcher/sandbox/cgroup_hierarchy.h"

namespace frostbyte::sandbox {
namespace {

constexpr std::string_view kRunPrefix = "frostbyte-";
constexpr Nanos kFirstPause = std::chrono::microseconds(50);
constexpr Nanos kLongestPause = std::chrono::milliseconds(5);

/// Sleeps a little longer each time; false when the deadline has passed.
class Backoff {
 public:
  explicit Backoff(Instant deadline) : deadline_(deadline) {}
  bool pause() {
    const Nanos left = deadline_ - MonotonicClock::now();
    if (left <= Nanos::zero()) return false;
    std::this_thread::sleep_for(std::min(left, pause_));
    pause_ = std::min(pause_ * 2, kLongestPause);
    return true;
  }

 private:
  Instant deadline_;
  Nanos pause_ = kFirstPause;
};

int poll_timeout(Instant deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - MonotonicClock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

std::vector<pid_t> parse_pids(std::string_view text) {
  std::vector<pid_t> pids;
  for (const std::string_view line : words(text, '\n')) {
    pid_t pid = 0;
    std::from_chars(line.data(), line.data() + line.size(), pid);
    pids.push_back(pid);
  }
  return pids;
}

std::string describe(const std::vector<pid_t>& pids) {
  constexpr std::size_t kShown = 5;
  std::string text;
  for (std::size_t i = 0; i < std::min(pids.size(), kShown); ++i) {
    const auto command = read_trimmed("/proc/" + std::to_string(pids[i]) + "/comm");
    text += (i == 0 ? "" : ", ") + std::to_string(pids[i]) + (command ? " (" + *command + ")" : "");
  }
  return pids.size() > kShown ? text + " and " + std::to_string(pids.size() - kShown) + " more" : text;
}

}  // namespace

Result<CgroupDirectory> CgroupDirectory::create(const CgroupDirectory& parent, std::string name) {
  CgroupDirectory made;
  made.parent_ = TRY(parent.descriptor());
  made.path_ = parent.path_ + "/" + name;
  made.name_ = std::move(name);
  if (::mkdirat(made.parent_, made.name_.c_str(), 0755) != 0) return system_failure("create cgroup", made.path_);
  made.owned_ = true;
  return made;
}

Result<CgroupDirectory> CgroupDirectory::borrow(const std::string& path) {
  CgroupDirectory directory;
  directory.parent_ = AT_FDCWD;
  directory.name_ = path;
  directory.path_ = path;
  TRY(directory.descriptor());
  return directory;
}

Result<CgroupDirectory> CgroupDirectory::adopt(const std::string& path) {
  CgroupDirectory directory = TRY(borrow(path));
  directory.owned_ = true;
  return directory;
}

CgroupDirectory::CgroupDirectory(CgroupDirectory&& other) noexcept
    : parent_(other.parent_),
      name_(std::move(other.name_)),
      path_(std::move(other.path_)),
      owned_(std::exchange(other.owned_, false)),
      self_(std::move(other.self_)) {}

CgroupDirectory& CgroupDirectory::operator=(CgroupDirectory&& other) noexcept {
  std::swap(parent_, other.parent_);
  std::swap(name_, other.name_);
  std::swap(path_, other.path_);
  std::swap(owned_, other.owned_);
  std::swap(self_, other.self_);
  return *this;
}

CgroupDirectory::~CgroupDirectory() {
  if (!owned_ || remove(Nanos::zero())) return;
  if (kill_all(kRemovalPatience)) static_cast<void>(remove(kRemovalPatience));
}

Result<int> CgroupDirectory::descriptor() const {
  if (!self_) {
    self_.reset(::openat(parent_, name_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!self_) return system_failure("open cgroup", path_);
  }
  return self_.get();
}

std::string CgroupDirectory::relative(std::string_view file) const {
  std::string path = name_;
  path += '/';
  path += file;
  return path;
}

Result<Fd> CgroupDirectory::open(std::string_view file, int flags) const {
  Fd fd(::openat(parent_, relative(file).c_str(), flags | O_CLOEXEC));
  if (!fd) return system_failure("open", path_ + "/" + std::string(file));
  return fd;
}

bool CgroupDirectory::has(std::string_view file) const {
  return ::faccessat(parent_, relative(file).c_str(), F_OK, 0) == 0;
}

Result<void> CgroupDirectory::write(std::string_view file, std::string_view value) const {
  const Fd fd = TRY(open(file, O_WRONLY));
  const ssize_t written = ::write(fd.get(), value.data(), value.size());
  if (written < 0) return system_failure("write '" + std::string(value) + "' to", path_ + "/" + std::string(file));
  return {};
}

Result<std::string> CgroupDirectory::read(std::string_view file) const {
  const Fd fd = TRY(open(file, O_RDONLY));
  std::string text;
  char buffer[4096];
  for (;;) {
    const ssize_t n = ::read(fd.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_failure("read", path_ + "/" + std::string(file));
    if (n == 0) return text;
    text.append(buffer, static_cast<std::size_t>(n));
  }
}

Result<std::vector<pid_t>> CgroupDirectory::processes() const {
  std::vector<pid_t> pids = parse_pids(TRY(read("cgroup.procs")));
  std::erase(pids, 0);  // the kernel's way to list a process that our pid namespace does not show
  return pids;
}

Result<std::size_t> CgroupDirectory::count_all() const { return parse_pids(TRY(read("cgroup.procs"))).size(); }

Failure CgroupDirectory::still_inside(std::string operation) const {
  const auto pids = processes();
  return failure(std::move(operation), path_,
                 pids && !pids->empty() ? "still inside: " + describe(*pids) : "a child cgroup still holds processes",
                 "a process that SIGKILL does not end waits in the kernel, often for a device: see its state in ps");
}

Result<void> CgroupDirectory::wait_until_empty(Instant deadline) const {
  const auto events = open("cgroup.events", O_RDONLY);  // v2 only: says when the last process, of the subtree, has left
  Backoff backoff(deadline);
  for (;;) {
    char buffer[256];
    if (events) {
      const ssize_t n = ::pread(events->get(), buffer, sizeof buffer, 0);
      if (n < 0 && errno == ENODEV) return {};  // removed meanwhile
      if (n > 0 && number_of({buffer, static_cast<std::size_t>(n)}, "populated") == 0) return {};
      pollfd change{.fd = events->get(), .events = POLLPRI, .revents = 0};
      if (MonotonicClock::now() >= deadline) return still_inside("empty cgroup");
      ::poll(&change, 1, poll_timeout(deadline));
    } else {
      if (TRY(count_all()) == 0) return {};
      if (!backoff.pause()) return still_inside("empty cgroup");
    }
  }
}

Result<void> CgroupDirectory::kill_repeatedly(Instant deadline) const {
  Backoff backoff(deadline);
  for (;;) {
    struct Target {
      pid_t pid;
      Fd handle;
    };
    std::vector<Target> targets;
    for (const pid_t pid : TRY(processes())) {
      targets.push_back({pid, Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)))});
    }
    if (TRY(count_all()) == 0) return {};
    // A pid may have been given to a stranger since it was listed. A second listing settles it: a handle taken before
    // it belongs to a process that is inside, or to one that is dead.
    const std::vector<pid_t> inside = TRY(processes());
    for (const Target& target : targets) {
      if (!target.handle || std::ranges::find(inside, target.pid) == inside.end()) continue;
      if (target.pid != ::getpid()) ::syscall(SYS_pidfd_send_signal, target.handle.get(), SIGKILL, nullptr, 0);
    }
    if (!backoff.pause()) return still_inside("kill everything in cgroup");
  }
}

Result<void> CgroupDirectory::kill_all(Nanos timeout) const {
  if (path_.empty()) return {};
  const Instant deadline = MonotonicClock::now() + timeout;
  if (has("cgroup.kill")) {  // Linux 5.14: atomic against fork, and reaches descendants
    TRY(write("cgroup.kill", "1"));
    return wait_until_empty(deadline);
  }
  const auto killed = kill_repeatedly(deadline);
  if (!killed && killed.error().code == ENOENT) return {};  // removed before: nothing can be inside
  return killed;
}

Result<void> CgroupDirectory::remove(Nanos timeout) {
  if (!owned_) return {};
  Backoff backoff(MonotonicClock::now() + timeout);
  while (::unlinkat(parent_, name_.c_str(), AT_REMOVEDIR) != 0) {
    if (errno == ENOENT) break;
    // Busy: a process is inside, or the last one has left and the kernel has not finished letting go of it.
    if (errno != EBUSY) return system_failure("remove cgroup", path_);
    if (!backoff.pause()) return still_inside("remove cgroup");
  }
  owned_ = false;
  self_.reset();
  return {};
}

Result<std::string_view> CgroupFile::read(const CgroupDirectory& directory, std::span<char> buffer) {
  if (!fd_) fd_ = TRY(directory.open(name_, O_RDONLY));
  const ssize_t n = ::pread(fd_.get(), buffer.data(), buffer.size(), 0);
  if (n < 0) return system_failure("read", directory.path() + "/" + name_);
  return std::string_view(buffer.data(), static_cast<std::size_t>(n));
}

std::optional<std::int64_t> leading_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  return value;
}

std::optional<std::int64_t> number_of(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    if (line.size() > key.size() && line.starts_with(key) && line[key.size()] == ' ') {
      return leading_number(line.substr(key.size() + 1));
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return std::nullopt;
}

Result<std::string> new_run_name() {
  static std::atomic<std::uint64_t> made = 0;
  const ProcessName self = TRY(name_process(::getpid()));
  return std::string(kRunPrefix) + to_string(self) + "-" + std::to_string(made++);
}

std::optional<ProcessName> owner_of_run(std::string_view name) {
  if (!name.starts_with(kRunPrefix)) return std::nullopt;
  return parse_process_name(name.substr(kRunPrefix.size()));
}

Result<void> lock_run(const CgroupDirectory& directory) {
  if (::flock(TRY(directory.descriptor()), LOCK_EX | LOCK_NB) != 0) return system_failure("lock", directory.path());
  return {};
}

}  // namespace frostbyte::sandbox
