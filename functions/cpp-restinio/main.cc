// The service on RESTinio, single-threaded on Boost.Asio.
#include <cstdio>
#include <exception>

#include "server.h"

int main() {
  try {
    const auto place = net::place_from_environment();
    if (!place) return 1;
    return Server(*place).run();
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "cpp-restinio: %s\n", failure.what());
    return 1;
  }
}
