// Looks at the sandbox from inside. Each variable EXPECT_FACT=VALUE is held against what is found ("!VALUE": must
// differ); when one does not hold, the answer is status 500 and stderr says why.
//
// It changes nothing outside of itself, because it also runs without a sandbox, where a change would be the host's:
// what it tries cannot succeed (a path that does not exist tells "refused" from "let through" all the same), and files
// it makes never get a name. The one exception, a file in /tmp, has to be asked for: LEAVE_MARK=1.
#include <dirent.h>
#include <net/if.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "serve.h"

namespace {

using Facts = std::map<std::string, std::string>;

constexpr const char* kNowhere = "/proc/self/nowhere";

std::string joined(std::vector<std::string> words) {
  std::sort(words.begin(), words.end());
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::string listing(const char* path) {
  DIR* directory = opendir(path);
  if (directory == nullptr) return std::strerror(errno);
  std::vector<std::string> names;
  while (const dirent* entry = readdir(directory)) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  closedir(directory);
  return joined(names);
}

std::string interfaces() {
  struct if_nameindex* list = if_nameindex();
  if (list == nullptr) return std::strerror(errno);
  std::vector<std::string> names;
  for (const struct if_nameindex* at = list; at->if_index != 0; ++at) names.emplace_back(at->if_name);
  if_freenameindex(list);
  return joined(names);
}

/// What a field of /proc/self/status says.
std::string status_field(const std::string& name) {
  FILE* file = std::fopen("/proc/self/status", "re");
  if (file == nullptr) return std::strerror(errno);
  char line[512];
  std::string value = "absent";
  while (std::fgets(line, sizeof line, file) != nullptr) {
    if (std::strncmp(line, (name + ":\t").c_str(), name.size() + 2) != 0) continue;
    value = line + name.size() + 2;
    value.pop_back();
  }
  std::fclose(file);
  return value;
}

std::string descriptors() {
  std::string text;
  for (int fd = 0; fd < 4096; ++fd) {
    if (fcntl(fd, F_GETFD) >= 0) text += (text.empty() ? "" : " ") + std::to_string(fd);
  }
  return text;
}

std::string result_of(long value) { return value < 0 ? strerrorname_np(errno) : "allowed"; }

std::string writing_to(const char* folder) {
  const int fd = open(folder, O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600);
  const std::string result = result_of(fd);
  if (fd >= 0) close(fd);
  return result;
}

/// For the next launch not to find.
void leave_mark() {
  if (serve::number_in("LEAVE_MARK", 0) != 1) return;
  const int fd = open("/tmp/mark-of-test-inspect", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) serve::die("leave a mark in /tmp");
  close(fd);
}

std::string host_name() {
  char name[256] = {};
  gethostname(name, sizeof name - 1);
  return name;
}

std::string cpu_count() {
  cpu_set_t set;
  return sched_getaffinity(0, sizeof set, &set) == 0 ? std::to_string(CPU_COUNT(&set)) : std::strerror(errno);
}

std::string open_files_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  return std::to_string(limit.rlim_cur);
}

std::string environment_names() {
  std::vector<std::string> names;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string name(*entry, std::strcspn(*entry, "="));
    if (name.compare(0, 7, "EXPECT_") != 0) names.push_back(name);
  }
  return joined(names);
}

/// In a child, which the effects of a call that is let through end with.
template <class Call>
std::string tried_in_a_child(Call call) {
  int ends[2];
  if (pipe(ends) != 0) serve::die("pipe");
  const pid_t child = fork();
  if (child == 0) {
    const std::string result = result_of(call());
    _exit(write(ends[1], result.data(), result.size()) < 0 ? 1 : 0);
  }
  close(ends[1]);
  char text[64] = {};
  const ssize_t size = read(ends[0], text, sizeof text);
  close(ends[0]);
  waitpid(child, nullptr, 0);
  return {text, static_cast<std::size_t>(size > 0 ? size : 0)};
}

/// Without signals 32 and 33: libc's posix_spawn ignores these, its own, in whatever it starts, launchers included.
std::string ignored_signals() {
  std::vector<std::string> numbers;
  for (int number = 1; number <= 31; ++number) {
    struct sigaction action{};
    if (sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN)
      numbers.push_back(std::to_string(number));
  }
  return joined(numbers);
}

Facts look_around() {
  Facts facts;
  facts["FDS"] = descriptors();  // before anything here opens one
  facts["PID"] = std::to_string(getpid());
  facts["PPID"] = std::to_string(getppid());
  facts["UID"] = std::to_string(getuid());
  facts["SESSION"] = getsid(0) == getpid() ? "own" : "inherited";
  facts["HOSTNAME"] = host_name();
  facts["INTERFACES"] = interfaces();
  facts["ROOT"] = listing("/");
  facts["DEV"] = listing("/dev");
  facts["TMP"] = listing("/tmp");
  facts["IGNORED"] = ignored_signals();
  facts["CPUS"] = cpu_count();
  facts["NOFILE"] = open_files_limit();
  facts["ENVIRONMENT"] = environment_names();
  for (const char* field : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp", "SigBlk"})
    facts[field] = status_field(field);
  facts["MOUNT"] = tried_in_a_child([] { return mount("none", kNowhere, "tmpfs", 0, nullptr); });
  facts["UNSHARE"] = tried_in_a_child([] { return unshare(CLONE_NEWUSER); });
  facts["PTRACE"] = tried_in_a_child([] { return ptrace(PTRACE_TRACEME, 0, nullptr, nullptr); });
  facts["CHROOT"] = tried_in_a_child([] { return chroot(kNowhere); });
  facts["WRITE_ROOT"] = writing_to("/");
  facts["WRITE_FOLDER"] = writing_to(".");
  facts["WRITE_TMP"] = writing_to("/tmp");
  return facts;
}

bool holds(const std::string& expected, const std::string& found) {
  return expected[0] == '!' ? expected.compare(1, std::string::npos, found) != 0 : expected == found;
}

/// Says on stderr what differs.
bool is_as_described(const Facts& facts) {
  bool all = true;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const std::size_t equals = text.find('=');
    if (text.compare(0, 7, "EXPECT_") != 0 || equals == std::string::npos) continue;
    const auto fact = facts.find(text.substr(7, equals - 7));
    const std::string found = fact == facts.end() ? "(no such fact)" : fact->second;
    if (fact != facts.end() && holds(text.substr(equals + 1), found)) continue;
    std::fprintf(stderr, "%s, found '%s'\n", text.c_str(), found.c_str());
    all = false;
  }
  return all;
}

}  // namespace

int main() {
  const bool good = is_as_described(look_around());
  leave_mark();
  serve::answer(
      serve::listener(),
      good ? serve::kHello : "HTTP/1.1 500 Not As Described\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}
