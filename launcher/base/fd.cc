#include "launcher/base/fd.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace frostbyte {

void Fd::reset(int fd) noexcept {
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

Result<Fd> open_file(const std::string& path, int flags, mode_t mode) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
  if (fd < 0) return system_failure("open", path);
  return Fd(fd);
}

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return system_failure("create", "pipe");
  return Pipe{.read = Fd(ends[0]), .write = Fd(ends[1])};
}

Result<rlim_t> raise_open_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return system_failure("read", "RLIMIT_NOFILE");
  const rlim_t before = std::exchange(limit.rlim_cur, limit.rlim_max);
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) return system_failure("raise", "RLIMIT_NOFILE");
  return before;
}

}  // namespace frostbyte
