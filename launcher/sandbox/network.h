// A fresh network namespace with nothing but an up loopback interface, and a way in and back for one thread.
// Sockets keep the namespace they were made in, so the launcher's client needs no veth, no route and no free port.
#pragma once

#include "launcher/base/fd.h"
#include "launcher/base/result.h"

namespace frostbyte::sandbox {

class NetworkNamespace {
 public:
  /// Makes the namespace and returns with the calling thread where it was. Needs CAP_SYS_ADMIN in its user namespace.
  static Result<NetworkNamespace> create();

  [[nodiscard]] int fd() const { return fd_.get(); }
  /// Gives up the descriptor. The kernel tears the namespace down (asynchronously) when the last one is closed.
  [[nodiscard]] Fd release() { return std::move(fd_); }

 private:
  explicit NetworkNamespace(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

/// The calling thread is in the namespace for this object's life, and back where it was afterwards.
class InNetwork {
 public:
  static Result<InNetwork> enter(const NetworkNamespace& network);
  InNetwork(InNetwork&& other) noexcept : home_(std::move(other.home_)) {}
  InNetwork& operator=(InNetwork&&) = delete;
  ~InNetwork();

 private:
  friend class NetworkNamespace;
  explicit InNetwork(Fd home) : home_(std::move(home)) {}
  Fd home_;
};

}  // namespace frostbyte::sandbox
