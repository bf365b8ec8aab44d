#include "launcher/contract/response_phase.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <utility>

#include "launcher/contract/listen_trap.h"

namespace frostbyte::contract {
namespace {

Mark mark_of(const Received& received) { return {.at = received.at, .source = received.kernel ? "kernel_rx" : "recv"}; }

std::string so_far(const ResponseReader& reader) {
  if (reader.bytes_seen() == 0) return "no byte of a response";
  return std::to_string(reader.bytes_seen()) + " bytes of an unfinished response";
}

Conclusion judge(const ResponseReader& reader, const function::Workload& workload) {
  if (reader.state() != ResponseReader::State::complete) {
    return {.end = End::wrong_response, .phase = "response", .detail = reader.problem()};
  }
  if (const auto why = mismatch(reader.response(), workload.expectation)) {
    return {.end = End::wrong_response, .phase = "response", .detail = *why};
  }
  return {};
}

/// The connection broke. A peer that closes with unread bytes of ours resets the connection; what it sent before
/// counts.
Conclusion broken(const ResponseReader& reader, int error) {
  return {.end = reader.bytes_seen() == 0 ? End::refused : End::wrong_response,
          .phase = "response",
          .detail = std::string("connection failed after ") + so_far(reader) + ": " + std::strerror(error),
          .errno_value = error};
}

/// One response as it comes in, with the stamps it sets.
class Incoming {
 public:
  Incoming(std::string_view method, Timeline& timeline) : reader_(method), timeline_(timeline) {}

  /// Takes what the socket has. `nothing_yet` when it has to be waited for.
  Received::Kind take(int socket) {
    for (;;) {
      // The first read takes one byte: a receive stamp belongs to the last segment a read returns, and `first_byte`
      // wants the first segment's. The reader gets that byte with those behind it.
      const std::size_t room = timeline_.first_byte ? buffer_.size() - held_ : 1;
      const Received received = receive(socket, std::span(buffer_.data() + held_, room));
      if (received.kind != Received::Kind::bytes) return flush(received);
      held_ += received.size;
      timeline_.response_bytes += received.size;
      if (!timeline_.first_byte) {
        timeline_.first_byte = mark_of(received);
        last_ = received;
        continue;
      }
      last_ = received;
      if (feed() != ResponseReader::State::incomplete) return Received::Kind::bytes;
    }
  }
  [[nodiscard]] const ResponseReader& reader() const { return reader_; }
  [[nodiscard]] int error() const { return error_; }

 private:
  /// The reader gets what is held, and `response` is stamped when that ends the response.
  ResponseReader::State feed() {
    if (held_ == 0) return reader_.state();
    const ResponseReader::State state = reader_.feed({buffer_.data(), std::exchange(held_, 0)});
    if (state != ResponseReader::State::incomplete) stamp_response(last_);
    return state;
  }

  Received::Kind flush(const Received& received) {
    error_ = received.errno_value;
    if (feed() != ResponseReader::State::incomplete) return Received::Kind::bytes;
    if (received.kind == Received::Kind::closed) {
      reader_.end_of_stream();
      stamp_response(received);
    }
    return received.kind;
  }

  void stamp_response(const Received& received) {
    Mark mark = mark_of(received);
    // Two conversions of one kernel stamp differ by their error: the response is never before its first byte.
    if (timeline_.first_byte) mark.at = std::max(mark.at, timeline_.first_byte->at);
    timeline_.response = mark;
    timeline_.response_error += received.error;
  }

  ResponseReader reader_;
  Timeline& timeline_;
  std::array<char, 65536> buffer_;
  std::size_t held_ = 0;
  Received last_;
  int error_ = 0;
};

}  // namespace

Conclusion await_response(Watch& watch, int socket, const function::Workload& workload, Timeline& timeline) {
  Incoming incoming(workload.request.method, timeline);
  bool exited = false;
  for (;;) {
    const Received::Kind kind = incoming.take(socket);
    if (kind == Received::Kind::failed) return broken(incoming.reader(), incoming.error());
    if (kind != Received::Kind::nothing_yet) return judge(incoming.reader(), workload);
    if (exited) return {.end = End::exited, .phase = "response", .detail = "after " + so_far(incoming.reader())};
    switch (watch.wait(socket)) {
      case Wake::readable:
        break;
      case Wake::exited:
        exited = true;
        break;  // once more: the answer may have come with the exit
      case Wake::deadline:
        return {
            .end = End::timeout, .phase = "response", .detail = "no complete response: " + so_far(incoming.reader())};
      case Wake::trapped:
        let_late_call_through(watch);
        break;
    }
  }
}

}  // namespace frostbyte::contract
