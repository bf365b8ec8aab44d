#include "images/pack/program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "images/oci/blob.h"

namespace frostbyte::pack {
namespace {

constexpr std::size_t kMostOutput = 16 << 20;
constexpr std::size_t kTail = 400;

/// This process's environment with some variables set: locale and time zone are fixed, for output that is the same
/// everywhere.
std::vector<std::string> environment(const Environment& further) {
  Environment set = {{"LC_ALL", "C.UTF-8"}, {"TZ", "UTC"}};
  set.insert(set.end(), further.begin(), further.end());
  std::vector<std::string> all;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string text = *variable;
    bool replaced = false;
    for (const auto& [name, value] : set) replaced = replaced || text.starts_with(name + "=");
    if (!replaced) all.push_back(text);
  }
  for (const auto& [name, value] : set) all.push_back(name + "=" + value);
  return all;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> all;
  for (std::string& word : words) all.push_back(word.data());
  all.push_back(nullptr);
  return all;
}

Result<pid_t> start(std::vector<std::string> words, int out, int err, const Environment& further) {
  std::vector<std::string> variables = environment(further);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
  pid_t pid = 0;
  const std::string program = words.front();
  const int error =
      ::posix_spawnp(&pid, program.c_str(), &actions, nullptr, pointers(words).data(), pointers(variables).data());
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return system_failure(error, "start", program);
  return pid;
}

Result<std::string> read_all(int fd, const std::string& program) {
  const off_t size = ::lseek(fd, 0, SEEK_END);
  if (size > static_cast<off_t>(kMostOutput))
    return failure("read what is written by", program, fmt::format("more than {} bytes", kMostOutput));
  std::string text(static_cast<std::size_t>(std::max<off_t>(size, 0)), '\0');
  const ssize_t got = ::pread(fd, text.data(), text.size(), 0);
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  return text;
}

/// Its last lines.
std::string tail(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text.size() > kTail ? "…" + text.substr(text.size() - kTail) : text;
}

}  // namespace

Result<std::string> output_of(const std::vector<std::string>& words, const Environment& further) {
  const Fd out = TRY(oci::unnamed_file());
  const Fd err = TRY(oci::unnamed_file());
  const pid_t pid = TRY(start(words, out.get(), err.get(), further));
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return system_failure("wait for", words.front());
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return read_all(out.get(), words.front());
  const std::string said = tail(read_all(err.get(), words.front()).value_or(""));
  const std::string how = WIFEXITED(status) ? fmt::format("it ended with status {}", WEXITSTATUS(status))
                                            : fmt::format("signal {} ended it", WTERMSIG(status));
  return failure("run", words.front(), said.empty() ? how : how + ": " + said);
}

}  // namespace frostbyte::pack
