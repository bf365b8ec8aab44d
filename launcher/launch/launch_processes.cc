// Which processes belong to a launch. The cgroup knows; without one, the tree of children does, and, inside a pid
// namespace, is complete: an orphan there becomes the child of the namespace's first process, the function.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>

#include "launcher/launch/memory.h"
#include "launcher/launch/process_files.h"

namespace frostbyte::launch {
namespace {

constexpr std::size_t kMostProcesses = 4096;  // a fork bomb must not become ours

void append_pids(std::string_view text, std::vector<pid_t>& pids) {
  while (!text.empty()) {
    pid_t pid = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
    if (error == std::errc()) pids.push_back(pid);
    const auto used = static_cast<std::size_t>(end - text.data());
    text.remove_prefix(std::min(std::max<std::size_t>(used, 1), text.size()));
  }
}

/// Children are kept per thread that forked them.
void append_children(const ProcessFiles& process, std::vector<pid_t>& pids) {
  const auto threads = process.threads();
  if (!threads) return;
  for (const pid_t thread : *threads) {
    char buffer[8192];
    const auto children = process.read("task/" + std::to_string(thread) + "/children", buffer);
    if (children) append_pids(*children, pids);
  }
}

/// False where the kernel was built without CONFIG_PROC_CHILDREN.
bool has_children_files() {
  static const bool has = ::access("/proc/thread-self/children", F_OK) == 0;
  return has;
}

std::vector<pid_t> descendants(pid_t root) {
  std::vector<pid_t> pids = {root};
  for (std::size_t next = 0; next < pids.size() && pids.size() < kMostProcesses; ++next) {
    const auto process = ProcessFiles::open(pids[next]);
    if (process) append_children(*process, pids);
  }
  return pids;
}

ino_t pid_namespace(pid_t pid) {
  struct stat facts{};
  const std::string path = "/proc/" + std::to_string(pid) + "/ns/pid";
  return ::stat(path.c_str(), &facts) == 0 ? facts.st_ino : 0;
}

/// Every process of the pid namespace `root` lives in, provided it is not ours.
std::vector<pid_t> members_of_namespace(pid_t root) {
  std::vector<pid_t> pids = {root};
  const ino_t wanted = pid_namespace(root);
  if (wanted == 0 || wanted == pid_namespace(::getpid())) return pids;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    std::vector<pid_t> named;
    append_pids(entry.path().filename().string(), named);
    if (named.size() == 1 && named.front() != root && pid_namespace(named.front()) == wanted) {
      pids.push_back(named.front());
    }
  }
  return pids;
}

}  // namespace

Result<std::vector<pid_t>> launch_processes(pid_t root, const sandbox::Cgroup* cgroup) {
  if (cgroup == nullptr || cgroup->version() == sandbox::CgroupVersion::none) {
    return has_children_files() ? descendants(root) : members_of_namespace(root);
  }
  std::vector<pid_t> pids = TRY(cgroup->processes());
  const auto first = std::ranges::find(pids, root);
  if (first == pids.end()) {
    pids.insert(pids.begin(), root);
  } else {
    std::rotate(pids.begin(), first, first + 1);
  }
  return pids;
}

}  // namespace frostbyte::launch
