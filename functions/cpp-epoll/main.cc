// hello, health and echo on one epoll loop: what a careful C++ server costs from exec to its first response.
#include "../service/cpp/socket.h"
#include "server.h"

int main() {
  net::Fd listener = net::listener_from_environment();
  if (!listener) return 1;
  return Server(std::move(listener),
                [](const service::Request& request) { return service::answer(request, "cpp-epoll"); })
      .run();
}
