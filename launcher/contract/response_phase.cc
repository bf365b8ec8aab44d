#include "launcher/contract/response_phase.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <string>

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

/// How much earlier than its stamp a segment may have come when the connection's end was read with it. The kernel joins
/// the two (tcp_try_coalesce) and keeps the later stamp, so all that is certain is that it came after the last look
/// that found nothing.
Nanos joined_error(Instant stamp, const Watch::Look& look) {
  if (!look.nothing) return Watch::kWakeTime;
  const Nanos since = std::max(stamp - *look.nothing, Nanos(0));
  return look.slept ? std::min(since, Watch::kWakeTime) : since;
}

/// One response as it comes in, with the stamps it sets.
class Incoming {
 public:
  Incoming(std::string_view method, Timeline& timeline) : reader_(method), timeline_(timeline) {}

  /// Takes what the socket has. `nothing_yet` when it has to be waited for; `look` is the last one before this.
  Received::Kind take(int socket, const Watch::Look& look) {
    for (;;) {
      const Arrival arrival = receive_all(socket, buffer_);
      if (arrival.size > 0 && feed(arrival, look) != ResponseReader::State::incomplete) return Received::Kind::bytes;
      if (arrival.end == Received::Kind::bytes) continue;
      error_ = arrival.errno_value;
      if (arrival.end == Received::Kind::closed) {
        reader_.end_of_stream();
        timeline_.response = {.at = arrival.ended, .source = "recv"};
      }
      return arrival.end;
    }
  }
  [[nodiscard]] const ResponseReader& reader() const { return reader_; }
  [[nodiscard]] int error() const { return error_; }

 private:
  /// The reader gets what came, and `response` is stamped when that ends the response.
  ResponseReader::State feed(const Arrival& arrival, const Watch::Look& look) {
    if (!timeline_.first_byte) timeline_.first_byte = mark_of(arrival.first);
    timeline_.response_bytes += arrival.size;
    const ResponseReader::State state = reader_.feed({buffer_.data(), arrival.size});
    if (state != ResponseReader::State::incomplete) stamp_response(arrival, look);
    return state;
  }

  void stamp_response(const Arrival& arrival, const Watch::Look& look) {
    Mark mark = mark_of(arrival.last);
    timeline_.response_error += arrival.last.error;
    const bool ended = arrival.end == Received::Kind::closed || arrival.end == Received::Kind::failed;
    if (ended && arrival.last.kernel) {
      mark.source = "kernel_rx_joined";
      timeline_.response_error += joined_error(mark.at, look);
    }
    // Two conversions of one kernel stamp differ by their error: the response is never before its first byte.
    mark.at = std::max(mark.at, timeline_.first_byte->at);
    timeline_.response = mark;
  }

  ResponseReader reader_;
  Timeline& timeline_;
  std::array<char, 65536> buffer_;
  int error_ = 0;
};

}  // namespace

Conclusion await_response(Watch& watch, int socket, const function::Workload& workload, Timeline& timeline) {
  Incoming incoming(workload.request.method, timeline);
  bool exited = false;
  for (;;) {
    const Received::Kind kind = incoming.take(socket, watch.look());
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
