// A start-up cost that is work, not time: WORK steps of which each needs the one before. Whatever slows a program's own
// work down (another on its core, a lower frequency) slows this down with it, so a few per cent more of it are a few
// per cent more of start-up.
#include "serve.h"

int main() {
  volatile std::uint64_t result = 1;
  std::uint64_t state = result;
  for (long step = serve::number_in("WORK", 0); step > 0; --step)
    state = state * 6364136223846793005u + 1442695040888963407u;
  result = state;
  serve::hello(serve::listener());
}
