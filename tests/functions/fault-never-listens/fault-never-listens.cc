// Runs and does nothing: only a deadline ends the wait for it.
#include "serve.h"

int main() {
  serve::exit_on_sigterm();
  for (;;) pause();
}
