// Listens on [::] for both address families, as Go and Node.js do by default.
#include "serve.h"

int main() {
  serve::exit_on_sigterm();
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_any;
  address.sin6_port = htons(serve::port());
  const int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  const int only_ipv6 = 0;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only_ipv6, sizeof only_ipv6);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) serve::die("bind");
  serve::hello(serve::listen_on(fd));
}
