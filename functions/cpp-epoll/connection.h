// One client's connection: reads requests, answers them in order, writes without blocking. Knows nothing of epoll: it
// says what it waits for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "../service/cpp/socket.h"
#include "http.h"

class Connection {
 public:
  enum class Wants : std::uint8_t {
    to_read,
    to_write,
    to_wait,  ///< for a query: call resume() when service::Query::kTakes has passed
    to_close,
  };
  /// Whether the server takes another request after the present one.
  enum class Mode : std::uint8_t { serving, draining };

  using Handler = service::Answer (*)(const service::Request&);

  Connection(net::Fd socket, Handler handler) : socket_(std::move(socket)), handler_(handler) {}

  /// Reads, answers and writes until the socket would block, and says in which direction it does.
  Wants advance(Mode mode);
  /// Responds to the request whose query has come back, and goes on as advance() does.
  Wants resume(Mode mode);
  /// Between two requests, with nothing of the next one here and nothing of the last one left.
  [[nodiscard]] bool is_idle() const;
  [[nodiscard]] int fd() const { return socket_.get(); }

 private:
  enum class Phase : std::uint8_t {
    open,
    closing,    ///< the last response is being written
    lingering,  ///< it is written, and unread bytes of the client's are thrown away
  };

  std::optional<Wants> flush();
  std::optional<Wants> receive();
  bool answer_what_is_here(Mode mode);
  void answer(const http::RequestReader& reader, Mode mode);
  void respond(const service::Response& response, http::Framing framing);
  Wants linger();

  /// A request that has been read and cannot be answered yet: those behind it wait, as responses keep their order.
  struct Pending {
    service::Query query;
    http::Framing framing;
  };

  net::Fd socket_;
  Handler handler_;
  Phase phase_ = Phase::open;
  bool refused_ = false;
  std::string in_;   ///< received, not used by `reader_` yet
  std::string out_;  ///< to be sent, from `sent_` on
  std::size_t sent_ = 0;
  std::size_t discarded_ = 0;
  std::optional<http::RequestReader> reader_;
  std::optional<Pending> pending_;
};
