// Forks until it is refused, and then stays with all its children. Gives up with status 1 after EXCEED_FORKS (4096 by
// default): where no limit applies, the host is not what should fail.
#include <sys/prctl.h>

#include "serve.h"

int main() {
  serve::exit_on_sigterm();
  for (long children = 0; children < serve::number_in("EXCEED_FORKS", 4096); ++children) {
    const pid_t child = fork();
    if (child < 0) {
      std::fprintf(stderr, "fork refused after %ld children: %s\n", children, std::strerror(errno));
      for (;;) pause();
    }
    if (child > 0) continue;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) pause();
  }
  std::fputs("no limit of tasks stopped this process\n", stderr);
  return 1;
}
