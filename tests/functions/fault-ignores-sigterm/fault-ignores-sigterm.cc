// Serves as it should, and stays when it is asked to go.
#include "serve.h"

int main() {
  const int listener = serve::listener();
  std::signal(SIGTERM, SIG_IGN);
  serve::hello(listener);
}
