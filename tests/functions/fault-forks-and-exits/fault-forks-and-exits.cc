// Goes to the background as daemons do: what was started ends with status 0, and its child serves. It stays in its
// process group, so that whoever started it can end it.
#include "serve.h"

int main() {
  const pid_t child = fork();
  if (child < 0) serve::die("fork");
  if (child > 0) return 0;
  serve::hello(serve::listener());
}
