// Holds amounts of memory that are known exactly, before it listens: TOUCH_MIB of private anonymous, TOUCH_SHARED_MIB
// of shared anonymous and TOUCH_FILE_MIB of file memory (of the file TOUCH_FILE, ./touched by default, which is
// unlinked at once). FORK children map the same, touch it too, and stay: private memory is then held FORK + 1 times,
// the rest once.
#include <sys/mman.h>
#include <sys/prctl.h>

#include "serve.h"

namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kMib = 1u << 20;

struct Area {
  volatile char* start = nullptr;
  std::size_t size = 0;
  bool writable = true;
};

std::size_t mib_in(const char* variable) { return static_cast<std::size_t>(serve::number_in(variable, 0)) * kMib; }

Area map_anonymous(std::size_t size, int sharing) {
  if (size == 0) return {};
  void* start = mmap(nullptr, size, PROT_READ | PROT_WRITE, sharing | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED) serve::die("map memory");
  madvise(start, size, MADV_NOHUGEPAGE);  // a touched page is a page, not 2 MiB
  return {.start = static_cast<char*>(start), .size = size};
}

/// Real blocks, not a hole, and mapped for reading only: pages of the file itself in the page cache.
Area map_file(std::size_t size) {
  if (size == 0) return {};
  const char* path = std::getenv("TOUCH_FILE") ? std::getenv("TOUCH_FILE") : "touched";
  const int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) serve::die("create the file to touch");
  unlink(path);
  static char block[kMib];
  std::memset(block, 'x', sizeof block);
  for (std::size_t written = 0; written < size; written += sizeof block) {
    if (write(fd, block, sizeof block) != static_cast<ssize_t>(sizeof block)) serve::die("fill the file to touch");
  }
  void* start = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (start == MAP_FAILED) serve::die("map the file to touch");
  return {.start = static_cast<char*>(start), .size = size, .writable = false};
}

void touch(const Area& area) {
  for (std::size_t at = 0; at < area.size; at += kPage) {
    if (area.writable) {
      area.start[at] = 1;
    } else {
      (void)area.start[at];
    }
  }
}

struct Memory {
  Area anonymous = map_anonymous(mib_in("TOUCH_MIB"), MAP_PRIVATE);
  Area shared = map_anonymous(mib_in("TOUCH_SHARED_MIB"), MAP_SHARED);
  Area file = map_file(mib_in("TOUCH_FILE_MIB"));

  void touch_all() const {
    touch(anonymous);
    touch(shared);
    touch(file);
  }
};

/// Returns in the parent, when every child holds what it is to hold.
void fork_children(const Memory& memory, long count) {
  int done[2];
  if (pipe(done) != 0) serve::die("pipe");
  for (long i = 0; i < count; ++i) {
    const pid_t child = fork();
    if (child < 0) serve::die("fork");
    if (child > 0) continue;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    memory.touch_all();
    if (write(done[1], "", 1) != 1) _exit(1);
    for (;;) pause();
  }
  char byte;
  for (long i = 0; i < count; ++i) {
    if (read(done[0], &byte, 1) != 1) serve::die("wait for the children");
  }
}

}  // namespace

int main() {
  const Memory memory;
  fork_children(memory, serve::number_in("FORK", 0));
  memory.touch_all();
  serve::hello(serve::listener());
}
