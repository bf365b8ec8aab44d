// Holds amounts of memory that are known exactly, before it listens: TOUCH_MIB of private anonymous, TOUCH_SHARED_MIB
// of shared anonymous, TOUCH_MEMFD_MIB of a memfd and TOUCH_FILE_MIB of file memory (of the file TOUCH_FILE, ./touched
// by default, which is unlinked at once). FORK children map the same, touch it too, and stay: private memory is then
// held FORK + 1 times, the rest once. TOUCH_HUGE_MIB are in huge pages where they can be had; TOUCH_LAZY_MIB were given
// back (MADV_FREE); THREADS more threads touch 1 MiB each.
//
// Each request after the first touches GROW_KIB more; the one of number EXIT_AT ends it instead of being answered.
#include <pthread.h>
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

Area map_memfd(std::size_t size) {
  if (size == 0) return {};
  const int fd = memfd_create("touched", MFD_CLOEXEC);
  if (fd < 0 || ftruncate(fd, static_cast<off_t>(size)) != 0) serve::die("make a memfd");
  void* start = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (start == MAP_FAILED) serve::die("map a memfd");
  return {.start = static_cast<char*>(start), .size = size};
}

/// Whole huge pages, asked for.
void touch_huge(std::size_t size) {
  constexpr std::size_t kHuge = 2 * kMib;
  if (size == 0) return;
  void* start = mmap(nullptr, size + kHuge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED) serve::die("map memory");
  auto* aligned = reinterpret_cast<char*>((reinterpret_cast<std::uintptr_t>(start) + kHuge - 1) & ~(kHuge - 1));
  madvise(aligned, size, MADV_HUGEPAGE);
  std::memset(aligned, 1, size);
}

int ready = -1;  // where a thread tells that it holds what it is to hold

void* touch_and_stay(void*) {
  static thread_local char own[kMib];
  const auto page = (reinterpret_cast<std::uintptr_t>(own) + kPage - 1) & ~(kPage - 1);
  madvise(reinterpret_cast<void*>(page), sizeof own - kPage, MADV_NOHUGEPAGE);
  for (std::size_t at = 0; at < sizeof own; at += kPage) const_cast<volatile char*>(own)[at] = 1;
  if (write(ready, "", 1) != 1) serve::die("tell that a thread is ready");
  for (;;) pause();
}

void start_threads(long count) {
  if (count == 0) return;
  int done[2];
  if (pipe(done) != 0) serve::die("pipe");
  ready = done[1];
  for (long i = 0; i < count; ++i) {
    pthread_t thread;
    if (pthread_create(&thread, nullptr, touch_and_stay, nullptr) != 0) serve::die("start a thread");
  }
  char byte;
  for (long i = 0; i < count; ++i)
    if (read(done[0], &byte, 1) != 1) serve::die("wait for the threads");
}

/// Answers, and grows by GROW_KIB before every answer but the first.
[[noreturn]] void serve_and_grow(int listener) {
  const auto grow = static_cast<std::size_t>(serve::number_in("GROW_KIB", 0)) << 10;
  const long exit_at = serve::number_in("EXIT_AT", 0);
  for (long request = 1;; ++request) {
    serve::Connection connection(listener);
    if (!connection.read_request()) continue;
    if (request == exit_at) _exit(3);
    if (request > 1 && grow > 0) {
      const Area more = map_anonymous(grow, MAP_PRIVATE);
      for (std::size_t at = 0; at < more.size; at += kPage) more.start[at] = 1;
    }
    connection.send(serve::kHello);
  }
}

struct Memory {
  Area anonymous = map_anonymous(mib_in("TOUCH_MIB"), MAP_PRIVATE);
  Area shared = map_anonymous(mib_in("TOUCH_SHARED_MIB"), MAP_SHARED);
  Area memfd = map_memfd(mib_in("TOUCH_MEMFD_MIB"));
  Area file = map_file(mib_in("TOUCH_FILE_MIB"));

  void touch_all() const {
    touch(anonymous);
    touch(shared);
    touch(memfd);
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
  touch_huge(mib_in("TOUCH_HUGE_MIB"));
  const Area lazy = map_anonymous(mib_in("TOUCH_LAZY_MIB"), MAP_PRIVATE);
  touch(lazy);
  if (lazy.size > 0) madvise(const_cast<char*>(lazy.start), lazy.size, MADV_FREE);
  start_threads(serve::number_in("THREADS", 0));
  serve_and_grow(serve::listener());
}
