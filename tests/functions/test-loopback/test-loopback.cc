// Listens on 127.0.0.1 only, as many frameworks do until they are told otherwise.
#include "serve.h"

int main() {
  serve::exit_on_sigterm();
  serve::hello(serve::listen_on(serve::bind_to(serve::ipv4(INADDR_LOOPBACK, serve::port()))));
}
