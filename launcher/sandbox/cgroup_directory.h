// Owner of one cgroup directory of either version, and of its life's end: whatever happens, what is inside is killed
// and the directory removed, within bounds. What its files mean is cgroup_v1.cc's and cgroup_v2.cc's business.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "launcher/base/clock.h"
#include "launcher/base/fd.h"
#include "launcher/base/process.h"
#include "launcher/base/result.h"

namespace frostbyte::sandbox {

/// How long an owner waits, at the end of its life, for the processes inside to be gone.
inline constexpr Nanos kRemovalPatience = std::chrono::seconds(2);

class CgroupDirectory {
 public:
  CgroupDirectory() = default;
  /// Makes `name` below `parent`, which stays open as long as this object lives; an existing directory is refused.
  static Result<CgroupDirectory> create(const CgroupDirectory& parent, std::string name);
  /// Opens an existing directory without owning it: a parent, never removed by us.
  static Result<CgroupDirectory> borrow(const std::string& path);

  CgroupDirectory(CgroupDirectory&& other) noexcept;
  CgroupDirectory& operator=(CgroupDirectory&& other) noexcept;
  /// Kills what is inside and removes the directory.
  ~CgroupDirectory();

  [[nodiscard]] const std::string& path() const { return path_; }
  /// Opens the directory itself, once: for CLONE_INTO_CGROUP, locks, and as a parent.
  Result<int> descriptor() const;

  [[nodiscard]] Result<Fd> open(std::string_view file, int flags) const;
  [[nodiscard]] bool has(std::string_view file) const;
  /// One write(2).
  Result<void> write(std::string_view file, std::string_view value) const;
  [[nodiscard]] Result<std::string> read(std::string_view file) const;

  /// In the caller's pid namespace. Processes that are not visible in it are left out; `count_all` counts them too.
  [[nodiscard]] Result<std::vector<pid_t>> processes() const;
  [[nodiscard]] Result<std::size_t> count_all() const;

  /// SIGKILL until nothing is left inside, descendants' processes included where cgroup.kill exists.
  Result<void> kill_all(Nanos timeout) const;
  /// Waits for the last process to leave, and removes. Does not kill. Idempotent.
  Result<void> remove(Nanos timeout);
  /// Leaves the directory behind: its owner's end neither kills nor removes.
  void abandon() { owned_ = false; }
  /// Takes an existing directory into ownership: what a killed run left.
  static Result<CgroupDirectory> adopt(const std::string& path);

 private:
  [[nodiscard]] Result<void> wait_until_empty(Instant deadline) const;
  [[nodiscard]] Result<void> kill_repeatedly(Instant deadline) const;
  [[nodiscard]] Failure still_inside(std::string operation) const;
  [[nodiscard]] std::string relative(std::string_view file) const;

  int parent_ = -1;   // borrowed; AT_FDCWD for a borrowed directory
  std::string name_;  // below parent_
  std::string path_;  // for people
  bool owned_ = false;
  mutable Fd self_;
};

/// A file of a cgroup directory that is read more than once: opened at the first reading, then one pread(2) each.
/// Not for v1's cgroup.procs and tasks: the kernel answers a second read of one descriptor from a cached list.
class CgroupFile {
 public:
  explicit CgroupFile(const char* name) : name_(name) {}
  /// The content, in `buffer`; what does not fit is cut off.
  Result<std::string_view> read(const CgroupDirectory& directory, std::span<char> buffer);
  [[nodiscard]] const char* name() const { return name_; }

 private:
  const char* name_;
  Fd fd_;
};

/// The number at the beginning of `text`.
std::optional<std::int64_t> leading_number(std::string_view text);
/// The number after `key` and white space, at the beginning of a line: memory.stat, cpu.stat, memory.events.
std::optional<std::int64_t> number_of(std::string_view text, std::string_view key);

/// The name of a directory that holds one run's cgroups: "frostbyte-PID-START-N".
Result<std::string> new_run_name();
/// The process that made a directory of that name.
std::optional<ProcessName> owner_of_run(std::string_view name);
/// Marks a run's directory as in use. The lock ends with the process, however it ends, and is seen from every pid
/// namespace, where a pid is not.
Result<void> lock_run(const CgroupDirectory& directory);

}  // namespace frostbyte::sandbox
