#include "process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <stdexcept>

namespace frostbyte::integration {
namespace {

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (std::string& string : strings) result.push_back(string.data());
  result.push_back(nullptr);
  return result;
}

std::vector<std::string> environment_with(const std::vector<std::string>& added) {
  std::vector<std::string> all = added;
  for (char** entry = environ; *entry != nullptr; ++entry) all.emplace_back(*entry);
  return all;
}

std::string content(int fd) {
  std::string text;
  std::array<char, 65536> buffer;
  ::lseek(fd, 0, SEEK_SET);  // a pipe refuses, and has no need to
  for (ssize_t n; (n = ::read(fd, buffer.data(), buffer.size())) > 0;)
    text.append(buffer.data(), static_cast<std::size_t>(n));
  return text;
}

void require(int error, const char* what) {
  if (error != 0) throw std::runtime_error(std::string(what) + ": " + std::strerror(error));
}

}  // namespace

Child::Child(const std::vector<std::string>& arguments, const StartOptions& options)
    : err_(::memfd_create("stderr", MFD_CLOEXEC)), started_(std::chrono::steady_clock::now()) {
  Fd writing;
  if (options.out == Stdout::pipe) {
    std::array<int, 2> ends{};
    require(::pipe2(ends.data(), O_CLOEXEC) == 0 ? 0 : errno, "pipe2");
    out_ = Fd(ends[0]);
    writing = Fd(ends[1]);
  } else {
    out_ = Fd(::memfd_create("stdout", MFD_CLOEXEC));
  }
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  if (options.in == Stdin::null) {
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  } else {
    ::posix_spawn_file_actions_addclose(&actions, STDIN_FILENO);
  }
  ::posix_spawn_file_actions_adddup2(&actions, writing ? writing.get() : out_.get(), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, err_.get(), STDERR_FILENO);
  std::vector<std::string> words = arguments;
  std::vector<std::string> environment = environment_with(options.environment);
  const int error = ::posix_spawnp(&pid_, words.front().c_str(), &actions, nullptr, pointers(words).data(),
                                   pointers(environment).data());
  ::posix_spawn_file_actions_destroy(&actions);
  require(error, words.front().c_str());
  handle_ = Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
}

Child::~Child() {
  if (pid_ > 0) {
    signal(SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
}

void Child::signal(int number) const { ::syscall(SYS_pidfd_send_signal, handle_.get(), number, nullptr, 0); }

bool Child::running() const {
  pollfd watched{.fd = handle_.get(), .events = POLLIN, .revents = 0};
  return ::poll(&watched, 1, 0) == 0;
}

Finished Child::wait(std::chrono::seconds patience) {
  pollfd watched{.fd = handle_.get(), .events = POLLIN, .revents = 0};
  const int wait_ms = static_cast<int>(std::chrono::milliseconds(patience).count());
  const bool ended = ::poll(&watched, 1, wait_ms) == 1;
  if (!ended) signal(SIGKILL);
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  Finished finished{.out = content(out_.get()), .err = content(err_.get())};
  finished.took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - started_);
  if (WIFEXITED(status)) finished.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) finished.signal = WTERMSIG(status);
  if (!ended) finished.err += "\n(killed by the test, which lost its patience)\n";
  return finished;
}

}  // namespace frostbyte::integration
