// Makes MMAP, BRK, MADVISE, MPROTECT, MUNMAP and GETPPID calls of these names before it listens; with FORK set a child
// makes them and ends, and the function waits for it.
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "serve.h"

namespace {

constexpr long kPage = 4096;

void repeat(const char* variable, long number, long first, long second = 0, long third = 0) {
  for (long left = serve::number_in(variable, 0); left > 0; --left) syscall(number, first, second, third);
}

void make_calls() {
  // A page that stays, for calls that need one; mapped however few are asked for.
  const auto page =
      reinterpret_cast<long>(mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  for (long left = serve::number_in("MMAP", 0); left > 0; --left)
    syscall(SYS_mmap, 0L, kPage, long{PROT_READ}, long{MAP_PRIVATE | MAP_ANONYMOUS}, -1L, 0L);
  repeat("BRK", SYS_brk, 0);
  repeat("MADVISE", SYS_madvise, page, kPage, MADV_NORMAL);
  repeat("MPROTECT", SYS_mprotect, page, kPage, PROT_READ | PROT_WRITE);
  repeat("MUNMAP", SYS_munmap, page + (1L << 40), kPage);  // nothing is there
  repeat("GETPPID", SYS_getppid, 0);
}

}  // namespace

int main() {
  const pid_t child = serve::number_in("FORK", 0) != 0 ? fork() : 0;
  if (child < 0) serve::die("fork");
  if (child == 0) make_calls();
  if (serve::number_in("FORK", 0) != 0) {
    if (child == 0) _exit(0);
    waitpid(child, nullptr, 0);
  }
  serve::hello(serve::listener());
}
