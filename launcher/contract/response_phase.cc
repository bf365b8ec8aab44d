#include "launcher/contract/response_phase.h"

#include <array>
#include <cstring>
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

}  // namespace

Conclusion await_response(Watch& watch, int socket, const function::Workload& workload, Timeline& timeline) {
  ResponseReader reader(workload.request.method);
  std::array<char, 65536> buffer;
  // The first read takes one byte: a receive stamp belongs to the last segment a read returns, and `first_byte` wants
  // the first segment's.
  std::size_t room = 1;
  bool exited = false;
  for (;;) {
    const Received received = receive(socket, std::span(buffer.data(), room));
    switch (received.kind) {
      case Received::Kind::bytes:
        if (!timeline.first_byte) timeline.first_byte = mark_of(received);
        room = buffer.size();
        timeline.response_bytes += received.size;
        if (reader.feed({buffer.data(), received.size}) != ResponseReader::State::incomplete) {
          timeline.response = mark_of(received);
          timeline.response_error = received.error;
          return judge(reader, workload);
        }
        continue;
      case Received::Kind::closed:
        reader.end_of_stream();
        timeline.response = {.at = received.at, .source = "recv"};
        return judge(reader, workload);
      case Received::Kind::failed:
        return broken(reader, received.errno_value);
      case Received::Kind::nothing_yet:
        break;
    }
    if (exited) return {.end = End::exited, .phase = "response", .detail = "after " + so_far(reader)};
    switch (watch.wait(socket)) {
      case Wake::readable:
        break;
      case Wake::exited:
        exited = true;
        break;  // once more: the answer may have come with the exit
      case Wake::deadline:
        return {.end = End::timeout, .phase = "response", .detail = "no complete response: " + so_far(reader)};
      case Wake::trapped:
        let_late_call_through(watch);
        break;
    }
  }
}

}  // namespace frostbyte::contract
