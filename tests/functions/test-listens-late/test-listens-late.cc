// Binds, and listens 20 ms later: who takes the bound port for readiness is refused.
#include "serve.h"

int main() {
  const int fd = serve::bind_to_port();
  usleep(20'000);
  serve::exit_on_sigterm();
  serve::hello(serve::listen_on(fd));
}
