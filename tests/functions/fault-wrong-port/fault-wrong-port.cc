// Listens, but one port further than it was told.
#include "serve.h"

int main() {
  serve::exit_on_sigterm();
  const auto next = static_cast<std::uint16_t>(serve::port() + 1);
  serve::hello(serve::listen_on(serve::bind_to(serve::ipv4(INADDR_ANY, next))));
}
