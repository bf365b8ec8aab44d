// The process that was started only waits; its child binds, listens and serves, as under a process manager.
#include <sys/prctl.h>
#include <sys/wait.h>

#include "serve.h"

int main() {
  serve::exit_on_sigterm();
  const pid_t child = fork();
  if (child < 0) serve::die("fork");
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    serve::hello(serve::listener());
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
