// Ready as far as anyone can tell, then gone. As pid 1 of a pid namespace it dies of SIGSEGV instead of SIGABRT: a
// raised signal without a handler does nothing there, and abort(3) goes on to execute an invalid instruction.
#include "serve.h"

int main() {
  const int listener = serve::listener();
  serve::Connection connection(listener);
  std::abort();
}
