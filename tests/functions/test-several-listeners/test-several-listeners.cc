// Listens three times: on a unix-domain socket, on an ephemeral port, as admin interfaces do, and then on PORT. Only
// the last one is where it serves.
#include <sys/un.h>

#include "serve.h"

int main() {
  serve::exit_on_sigterm();
  sockaddr_un admin{};
  admin.sun_family = AF_UNIX;
  std::snprintf(admin.sun_path + 1, sizeof admin.sun_path - 1, "test-several-listeners-%d", getpid());  // abstract
  serve::listen_on(serve::bind_to(admin));
  serve::listen_on(serve::bind_to(serve::ipv4(INADDR_LOOPBACK, 0)));
  serve::hello(serve::listener());
}
