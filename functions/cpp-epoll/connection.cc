#include "connection.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>
#include <variant>

namespace {

/// A client that sends requests faster than it takes responses is not read from beyond this much unsent output.
constexpr std::size_t kOutputLimit = 256u << 10;
/// How much of a refused request is read after the refusal, so that the client gets to see it instead of a reset.
constexpr std::size_t kLingerLimit = 64u << 20;

/// One receive buffer for all: an idle connection holds no memory for bytes that have not come.
std::array<char, 64u << 10> scratch;

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK; }

}  // namespace

bool Connection::is_idle() const {
  return phase_ == Phase::open && !reader_ && !pending_ && in_.empty() && out_.empty();
}

Connection::Wants Connection::advance(Mode mode) {
  if (phase_ == Phase::lingering) return linger();
  for (;;) {
    if (const auto blocked = flush()) return *blocked;
    if (pending_) return Wants::to_wait;
    if (phase_ == Phase::closing) {
      if (!refused_) return Wants::to_close;
      phase_ = Phase::lingering;
      shutdown(socket_.get(), SHUT_WR);
      return linger();
    }
    if (answer_what_is_here(mode)) continue;
    if (mode == Mode::draining && is_idle()) return Wants::to_close;
    if (const auto blocked = receive()) return *blocked;
  }
}

/// Nothing when all is written.
std::optional<Connection::Wants> Connection::flush() {
  while (sent_ < out_.size()) {
    const ssize_t wrote = send(socket_.get(), out_.data() + sent_, out_.size() - sent_, MSG_NOSIGNAL);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return would_block() ? Wants::to_write : Wants::to_close;
    sent_ += static_cast<std::size_t>(wrote);
  }
  out_.clear();
  sent_ = 0;
  return std::nullopt;
}

/// Nothing when bytes came.
std::optional<Connection::Wants> Connection::receive() {
  for (;;) {
    const ssize_t got = recv(socket_.get(), scratch.data(), scratch.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return would_block() ? Wants::to_read : Wants::to_close;
    if (got == 0) return Wants::to_close;
    in_.append(scratch.data(), static_cast<std::size_t>(got));
    return std::nullopt;
  }
}

/// Answers the requests, pipelined ones too, that are complete; true when there is something to send or to wait for.
bool Connection::answer_what_is_here(Mode mode) {
  std::string_view left = in_;
  while (phase_ == Phase::open && !pending_ && !left.empty() && out_.size() < kOutputLimit) {
    if (!reader_) reader_.emplace();
    left.remove_prefix(reader_->feed(left));
    if (reader_->take_expectation()) out_.append("HTTP/1.1 100 Continue\r\n\r\n");
    if (reader_->state() == http::RequestReader::State::incomplete) break;
    answer(*reader_, mode);
    reader_.reset();
  }
  in_.erase(0, in_.size() - left.size());
  return !out_.empty() || pending_;
}

void Connection::answer(const http::RequestReader& reader, Mode mode) {
  refused_ = reader.state() == http::RequestReader::State::refused;
  const http::Framing framing{
      .persistence = mode == Mode::draining ? http::Persistence::close : reader.persistence(),
      .with_body = !reader.is_head(),
  };
  if (refused_) return respond(reader.refusal(), framing);
  auto answer = handler_(reader.request());
  if (auto* query = std::get_if<service::Query>(&answer)) {
    pending_ = Pending{.query = std::move(*query), .framing = framing};
  } else {
    respond(std::get<service::Response>(answer), framing);
  }
}

Connection::Wants Connection::resume(Mode mode) {
  Pending pending = *std::exchange(pending_, std::nullopt);
  if (mode == Mode::draining) pending.framing.persistence = http::Persistence::close;
  respond(pending.query.finish(), pending.framing);
  return advance(mode);
}

void Connection::respond(const service::Response& response, http::Framing framing) {
  if (framing.persistence == http::Persistence::close) phase_ = Phase::closing;
  http::append(out_, response, framing);
}

/// Closing a socket with unread bytes resets the connection and can take the response back with it (RFC 9112 §9.6).
Connection::Wants Connection::linger() {
  while (discarded_ < kLingerLimit) {
    const ssize_t got = recv(socket_.get(), scratch.data(), scratch.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return would_block() ? Wants::to_read : Wants::to_close;
    if (got == 0) return Wants::to_close;
    discarded_ += static_cast<std::size_t>(got);
  }
  return Wants::to_close;
}
