#include "leftovers.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <thread>

#include "launcher/base/file.h"
#include "launcher/base/process.h"

namespace frostbyte::integration {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kPrefix = "frostbyte-";

/// True for "…/frostbyte-PID-START…" of a launcher that is gone.
bool is_abandoned(const std::string& path) {
  const std::size_t at = path.find("/" + std::string(kPrefix));
  if (at == std::string::npos) return false;
  const auto owner = parse_process_name(std::string_view(path).substr(at + 1 + kPrefix.size()));
  return owner && !is_alive(*owner);
}

void add_below(const fs::path& directory, const char* kind, int depth, std::set<std::string>& found) {
  std::error_code ignored;
  for (fs::directory_iterator at(directory, fs::directory_options::skip_permission_denied, ignored), end; at != end;
       at.increment(ignored)) {
    if (ignored) return;
    if (!at->is_directory(ignored) || at->is_symlink(ignored)) continue;
    if (is_abandoned(at->path().string())) found.insert(kind + at->path().string());
    if (depth > 1) add_below(at->path(), kind, depth - 1, found);
  }
}

/// Calls `each` with mount point, root and file system type of every mount.
template <class Each>
void for_each_mount(Each each) {
  std::ifstream file("/proc/self/mountinfo");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string id, parent, device, root, point, word, type;
    words >> id >> parent >> device >> root >> point;
    while (words >> word && word != "-") {
    }
    words >> type;
    each(point, root, type);
  }
}

std::vector<pid_t> children() {
  std::vector<pid_t> pids;
  std::error_code ignored;
  for (const auto& task : fs::directory_iterator("/proc/self/task", ignored)) {
    std::ifstream file(task.path() / "children");
    for (pid_t pid; file >> pid;) pids.push_back(pid);
  }
  return pids;
}

void reap_ended() {
  while (::waitpid(-1, nullptr, WNOHANG) > 0) {
  }
}

std::string name_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/comm");
  std::string name;
  std::getline(file, name);
  return std::to_string(pid) + " " + name;
}

}  // namespace

std::vector<std::string> leftovers() {
  std::set<std::string> found;
  for_each_mount([&](const std::string& point, const std::string& root, const std::string& type) {
    // Sandboxes mount in namespaces of their own: whatever appears in this one is a leak, whoever it is named after.
    found.insert("mount " + point + " of " + root + " (" + type + ")");
    if (type.starts_with("cgroup")) add_below(point, "cgroup ", 8, found);
  });
  add_below(temporary_base(), "folder ", 1, found);
  add_below("/dev/shm", "folder ", 1, found);
  return {found.begin(), found.end()};
}

std::vector<std::string> left_since(const std::vector<std::string>& before) {
  std::vector<std::string> left;
  std::ranges::set_difference(leftovers(), before, std::back_inserter(left));
  return left;
}

void adopt_orphans() { ::prctl(PR_SET_CHILD_SUBREAPER, 1); }

std::vector<std::string> surviving_children() {
  for (int attempt = 0; attempt < 100; ++attempt) {
    reap_ended();
    if (children().empty()) return {};
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  std::vector<std::string> names;
  for (const pid_t pid : children()) names.push_back(name_of(pid));
  return names;
}

void end_children() {
  for (const pid_t pid : children()) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }
}

}  // namespace frostbyte::integration
