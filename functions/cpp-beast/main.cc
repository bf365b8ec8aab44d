// The service on Boost.Asio and Boost.Beast, one coroutine a connection, with Prometheus metrics.
#include <cstdio>
#include <exception>

#include "server.h"

int main() {
  try {
    net::Fd listener = net::listener_from_environment();
    if (!listener) return 1;
    return Server(std::move(listener)).run();
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "cpp-beast: %s\n", failure.what());
    return 1;
  }
}
