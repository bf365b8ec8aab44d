// Touches memory until its limit kills it. Gives up with status 1 after EXCEED_MIB (4096 by default): where no limit
// applies, the host is not what should fail.
#include <sys/mman.h>

#include "serve.h"

int main() {
  constexpr std::size_t kMib = 1u << 20;
  for (long held = 0; held < serve::number_in("EXCEED_MIB", 4096); ++held) {
    void* more = mmap(nullptr, kMib, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (more == MAP_FAILED) serve::die("map memory");
    std::memset(more, 1, kMib);
  }
  std::fputs("no memory limit stopped this process\n", stderr);
  return 1;
}
