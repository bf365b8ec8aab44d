// One connection of a load: non-blocking, kept alive, with at most one request on its way. It knows of no clock and no
// epoll; the generator tells it what its descriptor is ready for. Internal to launcher/load.
#pragma once

#include <sys/epoll.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "launcher/base/clock.h"
#include "launcher/base/fd.h"
#include "launcher/contract/client.h"
#include "launcher/load/receiver.h"

namespace frostbyte::load {

class Connection {
 public:
  enum class Progress : std::uint8_t { waits, answered, no_connection, broken };

  /// `wire`, the request's bytes, must outlive this.
  Connection(std::string_view wire, std::string_view method) : wire_(wire), receiver_(method) {}

  /// Sends the request, connecting first where there is no connection. A new descriptor is watched by `epoll`, edge
  /// triggered, under `tag`.
  Progress send_request(const contract::Address& server, int epoll, std::uint64_t tag);
  /// Goes on with what `events` of epoll allow.
  Progress advance(std::uint32_t events);
  void disconnect();

  /// After `answered`: makes ready for the next request. True: the server ends the connection, so it was closed.
  bool finish_response();

  [[nodiscard]] bool is_open() const { return static_cast<bool>(socket_); }
  [[nodiscard]] const Receiver& response() const { return receiver_; }
  /// After no_connection and broken, for people.
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  Progress connect(const contract::Address& server, int epoll, std::uint64_t tag);
  Progress refused(int error);
  Progress send();
  Progress receive();
  Progress fail(Progress how, std::string problem);

  std::string_view wire_;
  Receiver receiver_;
  contract::Address server_;
  Fd socket_;
  std::size_t sent_ = 0;
  bool connecting_ = false;
  bool peer_closed_ = false;
  std::string problem_;
};

}  // namespace frostbyte::load
