// cpp-epoll's server, and requests that lean on the allocator: one program, linked with one allocator after another.
#include "../cpp-epoll/server.h"
#include "../service/cpp/socket.h"
#include "answers.h"

int main() {
  net::Fd listener = net::listener_from_environment();
  if (!listener) return 1;
  return Server(std::move(listener), answers::answer).run();
}
