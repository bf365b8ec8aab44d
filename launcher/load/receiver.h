// Responses as they arrive on one kept-alive connection, thousands of times a second. What nearly every server sends (a
// status line, headers with a Content-Length) is framed here without a copy or an allocation; everything else goes to
// contract::ResponseReader, which knows the whole of HTTP/1.1. Pure: no sockets.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "launcher/contract/http.h"

namespace frostbyte::load {

/// Where a message stands in `bytes`, which begin with it.
struct Frame {
  enum class Kind : std::uint8_t {
    incomplete,
    complete,
    unusual,  ///< not framed by one plain Content-Length: for contract::ResponseReader
  };
  Kind kind = Kind::incomplete;
  int status = 0;
  std::size_t head = 0;  ///< bytes up to the body
  std::size_t body = 0;  ///< bytes of the body
  bool closes = false;   ///< the server says that it will close the connection
};
Frame read_frame(std::string_view bytes);

class Receiver {
 public:
  enum class State : std::uint8_t { incomplete, complete, malformed };

  /// `method` of the requests: a response to HEAD has no body.
  explicit Receiver(std::string_view method);

  /// Room for the next bytes; commit() says how many of them were filled.
  std::span<char> room();
  State commit(std::size_t size);
  /// The peer closed: completes a response that ends so.
  State end_of_stream();
  /// The next response begins. Bytes beyond the last one are dropped: nothing was asked that they could answer.
  void begin();

  /// Anything of the present response was received.
  [[nodiscard]] bool has_bytes() const { return filled_ != 0; }
  // Valid while complete.
  [[nodiscard]] int status() const { return status_; }
  [[nodiscard]] std::string_view body() const { return body_; }
  [[nodiscard]] bool closes() const { return closes_; }
  /// After malformed, for people.
  [[nodiscard]] std::string problem() const;

 private:
  State conclude(contract::ResponseReader::State state);

  std::string method_;
  std::vector<char> buffer_;
  std::size_t filled_ = 0;
  std::size_t wanted_ = 0;                          // bytes of the whole message, once its head was seen
  std::optional<contract::ResponseReader> reader_;  // of an unusual message
  int status_ = 0;
  std::string_view body_;
  bool closes_ = false;
};

}  // namespace frostbyte::load
