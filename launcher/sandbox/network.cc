#include "launcher/sandbox/network.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstring>

namespace frostbyte::sandbox {
namespace {

Result<Fd> current_network() { return open_file("/proc/thread-self/ns/net", O_RDONLY); }

/// The loopback interface of the namespace the thread is in. One ioctl: netlink would take two round trips.
Result<void> bring_loopback_up() {
  const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket) return system_failure("open a socket in", "the new network namespace");
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  if (::ioctl(socket.get(), SIOCSIFFLAGS, &request) != 0) return system_failure("bring up", "loopback interface");
  return {};
}

}  // namespace

InNetwork::~InNetwork() {
  // The descriptor refers to a namespace this thread was just in: returning to it cannot fail short of a kernel bug.
  if (home_ >= 0) ::setns(home_, CLONE_NEWNET);
}

Result<HomeNetwork> HomeNetwork::here() { return HomeNetwork(TRY(current_network())); }

Result<HomeNetwork::Created> HomeNetwork::create() const {
  if (::unshare(CLONE_NEWNET) != 0) {
    return system_failure("create", "network namespace",
                          "run as root, or permit user namespaces; see `frostbyte doctor`");
  }
  InNetwork inside(fd_.get());
  TRY(bring_loopback_up());
  return Created{.network = NetworkNamespace(TRY(current_network())), .inside = std::move(inside)};
}

Result<InNetwork> HomeNetwork::enter(const NetworkNamespace& network) const {
  if (::setns(network.fd(), CLONE_NEWNET) != 0) return system_failure("enter", "network namespace");
  return InNetwork(fd_.get());
}

}  // namespace frostbyte::sandbox
