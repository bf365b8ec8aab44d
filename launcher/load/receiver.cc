#include "launcher/load/receiver.h"

#include <algorithm>
#include <charconv>

#include "launcher/contract/text.h"

namespace frostbyte::load {
namespace {

using contract::equals_ignoring_case;
using contract::ResponseReader;

constexpr std::size_t kFirstRoom = 16u << 10;
constexpr std::size_t kLeastRoom = 4u << 10;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// The head's facts, one header at a time. False: the message is one for the full parser.
bool take_header(std::string_view line, Frame& frame, bool& has_length) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view name = line.substr(0, colon);
  // Told apart by length first: almost every header is none of the three.
  if (name.size() == 14 && equals_ignoring_case(name, "content-length")) {
    const std::string_view value = trimmed(line.substr(colon + 1));
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), frame.body);
    const bool plain = error == std::errc() && end == value.data() + value.size() && !has_length;
    has_length = true;
    return plain && frame.body <= ResponseReader::kBodyLimit;
  }
  if (name.size() == 17 && equals_ignoring_case(name, "transfer-encoding")) return false;
  if (name.size() == 10 && equals_ignoring_case(name, "connection"))
    frame.closes = equals_ignoring_case(trimmed(line.substr(colon + 1)), "close");
  return true;
}

/// "HTTP/1.1 200 …" and a status whose message may have a body.
bool take_status(std::string_view line, Frame& frame) {
  if (line.size() < 12 || !line.starts_with("HTTP/1.1 ")) return false;
  const auto [end, error] = std::from_chars(line.data() + 9, line.data() + 12, frame.status);
  if (error != std::errc() || end != line.data() + 12 || (line.size() > 12 && line[12] != ' ')) return false;
  return frame.status >= 200 && frame.status != 204 && frame.status != 304;
}

}  // namespace

Frame read_frame(std::string_view bytes) {
  Frame frame;
  const std::size_t blank = bytes.find("\r\n\r\n");
  if (blank == std::string_view::npos) {
    if (bytes.size() > ResponseReader::kHeaderLimit) frame.kind = Frame::Kind::unusual;
    return frame;
  }
  frame.kind = Frame::Kind::unusual;
  frame.head = blank + 4;
  std::string_view head = bytes.substr(0, blank);
  std::size_t end = std::min(head.find("\r\n"), head.size());
  if (!take_status(head.substr(0, end), frame)) return frame;
  bool has_length = false;
  while (end < head.size()) {
    head.remove_prefix(end + 2);
    end = std::min(head.find("\r\n"), head.size());
    if (!take_header(head.substr(0, end), frame, has_length)) return frame;
  }
  if (!has_length) return frame;
  frame.kind = bytes.size() >= frame.head + frame.body ? Frame::Kind::complete : Frame::Kind::incomplete;
  return frame;
}

Receiver::Receiver(std::string_view method) : method_(method), buffer_(kFirstRoom) {}

std::span<char> Receiver::room() {
  // An unusual message is the full parser's from its first byte on; nothing of it is kept here.
  if (reader_) return buffer_;
  const std::size_t least = std::max(wanted_ > filled_ ? wanted_ - filled_ : 0, kLeastRoom);
  if (buffer_.size() < filled_ + least) buffer_.resize(std::max(2 * buffer_.size(), filled_ + least));
  return std::span(buffer_).subspan(filled_);
}

Receiver::State Receiver::commit(std::size_t size) {
  if (reader_) return conclude(reader_->feed({buffer_.data(), size}));
  filled_ += size;
  if (filled_ < wanted_) return State::incomplete;  // the head need not be read again
  const std::string_view bytes(buffer_.data(), filled_);
  const Frame frame = read_frame(bytes);
  const bool bodiless_method = method_ == "HEAD";
  if (frame.kind == Frame::Kind::unusual || (bodiless_method && frame.head != 0)) {
    closes_ = false;
    reader_.emplace(method_);
    return conclude(reader_->feed(bytes));
  }
  if (frame.head != 0) wanted_ = frame.head + frame.body;
  if (frame.kind == Frame::Kind::incomplete) return State::incomplete;
  status_ = frame.status;
  body_ = bytes.substr(frame.head, frame.body);
  closes_ = frame.closes;
  return State::complete;
}

Receiver::State Receiver::end_of_stream() {
  if (!reader_) {
    reader_.emplace(method_);
    reader_->feed({buffer_.data(), filled_});
  }
  const State state = conclude(reader_->end_of_stream());
  closes_ = true;
  return state == State::incomplete ? State::malformed : state;
}

Receiver::State Receiver::conclude(ResponseReader::State state) {
  if (state == ResponseReader::State::incomplete) return State::incomplete;
  if (state != ResponseReader::State::complete) return State::malformed;
  const contract::Response& response = reader_->response();
  status_ = response.status;
  body_ = response.body;
  for (const auto& [name, value] : response.headers) {
    if (equals_ignoring_case(name, "connection")) closes_ = equals_ignoring_case(value, "close");
  }
  return State::complete;
}

void Receiver::begin() {
  filled_ = wanted_ = 0;
  reader_.reset();
  body_ = {};
  closes_ = false;
}

std::string Receiver::problem() const { return reader_ ? reader_->problem() : ""; }

}  // namespace frostbyte::load
