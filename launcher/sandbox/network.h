// A fresh network namespace with nothing but an up loopback interface, and a way in and back for one thread.
// Sockets keep the namespace they were made in, so the launcher's client needs no veth, no route and no free port.
#pragma once

#include <utility>

#include "launcher/base/fd.h"
#include "launcher/base/result.h"

namespace frostbyte::sandbox {

class NetworkNamespace {
 public:
  explicit NetworkNamespace(Fd fd) : fd_(std::move(fd)) {}
  [[nodiscard]] int fd() const { return fd_.get(); }
  /// Gives up the descriptor. The kernel tears the namespace down (asynchronously) when the last one is closed.
  [[nodiscard]] Fd release() { return std::move(fd_); }

 private:
  Fd fd_;
};

/// The calling thread is in another namespace for this object's life, and back home afterwards.
class InNetwork {
 public:
  InNetwork(InNetwork&& other) noexcept : home_(std::exchange(other.home_, -1)) {}
  InNetwork& operator=(InNetwork&&) = delete;
  ~InNetwork();

 private:
  friend class HomeNetwork;
  explicit InNetwork(int home) : home_(home) {}
  int home_;  // of the HomeNetwork, which outlives every visit
};

/// The network namespace the launcher lives in. Opened once: the way back costs a launch no path lookup.
class HomeNetwork {
 public:
  /// That of the calling thread.
  static Result<HomeNetwork> here();

  struct Created {
    NetworkNamespace network;
    InNetwork inside;
  };
  /// Makes a namespace; the calling thread is in it until `inside` goes. Needs CAP_SYS_ADMIN in its user namespace.
  [[nodiscard]] Result<Created> create() const;
  [[nodiscard]] Result<InNetwork> enter(const NetworkNamespace& network) const;

 private:
  explicit HomeNetwork(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace frostbyte::sandbox
