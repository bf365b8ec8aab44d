// Stamps its own phases into a page shared with the launcher: the truth that the launcher's stamps are held against.
// The page is the descriptor STAMPS_FD (a memfd, inherited) or the file STAMPS.
#include <sys/mman.h>
#include <sys/stat.h>

#include "serve.h"
#include "stamps.h"

namespace {

int shared_file() {
  const long inherited = serve::number_in("STAMPS_FD", -1);
  if (inherited >= 0) return static_cast<int>(inherited);
  const char* path = std::getenv("STAMPS");
  return path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644) : -1;
}

/// Without a file the stamps go nowhere, and the function serves all the same.
stamps::Stamps& shared_stamps() {
  static stamps::Stamps unshared;
  const int fd = shared_file();
  if (fd < 0) return unshared;
  struct stat status;
  const bool fits = fstat(fd, &status) == 0 && (status.st_size >= static_cast<off_t>(sizeof(stamps::Stamps)) ||
                                                ftruncate(fd, sizeof(stamps::Stamps)) == 0);
  // Populated: a page fault between two stamps would be in what they measure.
  void* page = fits ? mmap(nullptr, sizeof(stamps::Stamps), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0)
                    : MAP_FAILED;
  if (page == MAP_FAILED) serve::die("map the stamps");
  return *static_cast<stamps::Stamps*>(page);
}

int stamped_listener(stamps::Stamps& stamp) {
  if (serve::inherits_listener()) return serve::listener();
  serve::exit_on_sigterm();
  const int fd = serve::bind_to_port();
  stamp[stamps::before_listen] = serve::now_ns();
  serve::listen_on(fd);
  stamp[stamps::after_listen] = serve::now_ns();
  return fd;
}

void stamped_answer(int listener, stamps::Stamps& stamp) {
  serve::Connection connection(listener);
  stamp[stamps::after_accept] = serve::now_ns();
  if (!connection.read_request()) return;
  stamp[stamps::before_write] = serve::now_ns();
  connection.send(serve::kHello);
  stamp[stamps::after_write] = serve::now_ns();
}

}  // namespace

int main() {
  const std::int64_t entry = serve::now_ns();
  stamps::Stamps& stamp = shared_stamps();
  stamp[stamps::main_entry] = entry;
  const int listener = stamped_listener(stamp);
  stamped_answer(listener, stamp);
  serve::hello(listener);
}
