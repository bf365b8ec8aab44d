// The launcher's end of the connection: a TCP socket whose bytes carry the kernel's receive time stamps.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "launcher/base/clock.h"
#include "launcher/base/fd.h"
#include "launcher/base/result.h"

namespace frostbyte::contract {

/// Where a function can be reached, as bind(2) and connect(2) take it.
struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;

  static Address loopback(std::uint16_t port);
  /// Address of a socket; empty when it has none of the internet families.
  static std::optional<Address> of_socket(int fd);
  /// Address of the other end of a connection; empty when there is none.
  static std::optional<Address> of_peer(int fd);
  [[nodiscard]] int family() const { return storage.ss_family; }
  [[nodiscard]] std::uint16_t port() const;
  /// What a client connects to for a server bound here: the wildcard addresses become the loopback address.
  [[nodiscard]] Address reachable() const;
  [[nodiscard]] std::string to_string() const;  ///< "127.0.0.1:8080", "[::1]:8080"
};

/// One arrival of bytes.
struct Received {
  enum class Kind : std::uint8_t { bytes, nothing_yet, closed, failed };
  Kind kind = Kind::nothing_yet;
  std::size_t size = 0;
  Instant at;           ///< kernel's receive stamp of the last byte returned, else when recv returned
  bool kernel = false;  ///< `at` is the kernel's
  Nanos error{};        ///< half-width of what the conversion of the kernel's clock leaves open
  int errno_value = 0;  ///< for failed
};

/// Makes the kernel keep its receive stamping switched on for the life of this object: the switch patches code on every
/// CPU, which must not happen between launches.
class StampingKeeper {
 public:
  static Result<StampingKeeper> create();

 private:
  explicit StampingKeeper(Fd socket) : socket_(std::move(socket)) {}
  Fd socket_;
};

/// Asks for receive stamps; sockets accepted from a stamping listener stamp as well.
Result<void> enable_stamps(int fd);

/// recvmsg without waiting, with the stamp of the last segment that is part of what was returned.
Received receive(int fd, std::span<char> buffer);

/// Everything a socket had to say at one moment, and what it said then.
struct Arrival {
  std::size_t size = 0;  ///< bytes taken; `first` and `last` are set when there are any
  Received first;        ///< of the first of them
  Received last;         ///< of the last of them
  /// `bytes`: the buffer is full and there may be more. With `closed` and `failed` the kernel may have joined the end
  /// of the connection to the segment before it, and `last` may be the stamp of that end.
  Received::Kind end = Received::Kind::nothing_yet;
  Instant ended;        ///< when `end` was seen
  int errno_value = 0;  ///< for failed
};

/// Takes what is there, without waiting. The calls follow each other as closely as they can and what they brought is
/// converted afterwards: the end of a connection comes within microseconds of a response, and must not be read with it.
Arrival receive_all(int fd, std::span<char> buffer);

/// A close-on-exec TCP socket without Nagle, stamping. Only connect waits, and not for long.
Result<Fd> make_client_socket(int family);

/// Connects; on loopback that completes at once or not at all. Returns 0 or errno; EINPROGRESS: the accept queue is
/// full.
int connect_to(int fd, const Address& address);

/// Sends all of `data`. Returns 0 or errno.
int send_all(int fd, std::string_view data, Instant deadline);

/// A stamping TCP listener on 127.0.0.1. `port` 0 lets the kernel choose.
Result<Fd> make_listener(std::uint16_t port);

}  // namespace frostbyte::contract
