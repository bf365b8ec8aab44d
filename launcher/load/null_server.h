// The least a server can do: it counts the request's bytes and sends prepared ones. What the generator reaches against
// it is the generator's own limit. Internal to launcher/load.
#pragma once

#include <string>
#include <thread>
#include <vector>

#include "launcher/base/fd.h"
#include "launcher/base/result.h"
#include "launcher/contract/client.h"
#include "launcher/function/workload.h"

namespace frostbyte::load {

class NullServer {
 public:
  /// Listens in the calling thread's network namespace and serves from a thread of its own, on `cpus` if there are any.
  /// `request`: what will be asked; every request has its size.
  static Result<NullServer> start(const function::Request& request, const function::Expectation& answer,
                                  const std::vector<int>& cpus);
  NullServer(NullServer&&) noexcept = default;
  NullServer& operator=(NullServer&&) = delete;
  ~NullServer();

  [[nodiscard]] const contract::Address& address() const { return address_; }

 private:
  NullServer() = default;

  contract::Address address_;
  Fd stop_;  // written to: the thread ends
  std::jthread thread_;
};

}  // namespace frostbyte::load
