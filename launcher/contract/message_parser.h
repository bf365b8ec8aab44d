// Boost.Beast's HTTP parser with two promises added: the outcome does not depend on how the network cuts the bytes, and
// everything is bounded.
//
// Beast alone gives neither. Once it has seen part of a header it looks at nothing until the empty line is there, so
// the same broken header is an error when it comes in one piece and a hang when it comes in two; it counts the header
// limit from the last field it consumed; and it sets no limit to a chunk's header. Here a header is parsed from its
// start, up to the last complete line, whenever a line was completed, and what the parser may look at is cut to `limit`
// bytes.
//
// Not here: what a message means. Internal to this module.
#pragma once

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace frostbyte::contract {

enum class Step : std::uint8_t {
  need_more,
  header,     ///< the header is complete, a body follows
  body,       ///< some of the body was taken
  complete,   ///< the message is complete; begin() the next
  malformed,  ///< error() says how
  too_large,  ///< the header, the header of a chunk or the body is past its limit
};

template <bool is_request, class Body>
class MessageParser {
 public:
  using Parser = boost::beast::http::parser<is_request, Body>;

  /// `limit` bounds the header and the framing of chunks; `configure` sets Beast's options of every message's parser.
  MessageParser(std::size_t limit, std::function<void(Parser&)> configure)
      : limit_(limit), configure_(std::move(configure)) {
    begin();
  }

  void append(std::string_view bytes) { data_.append(bytes); }

  /// Gives consumed bytes back. Once per append, so that a large body is moved at most once.
  void compact() {
    data_.erase(0, used_);
    used_ = 0;
  }

  /// The next message starts here.
  void begin() {
    tried_ = 0;
    scanned_ = 0;
    in_start_line_ = false;
    body_begun_ = false;
    make_parser();
  }

  /// An interim message's header counts against the next one's limit, so that their number is bounded too.
  void begin_after_interim() {
    begin();
    interim_ = header_bytes_;
  }

  Step step() { return parser_->is_header_done() ? step_body() : step_header(); }

  void drop(std::size_t count) { used_ += count; }

  [[nodiscard]] std::string_view rest() const { return std::string_view(data_).substr(used_); }
  [[nodiscard]] bool header_done() const { return parser_->is_header_done(); }
  [[nodiscard]] Parser& parser() { return *parser_; }
  [[nodiscard]] const Parser& parser() const { return *parser_; }
  [[nodiscard]] boost::beast::error_code error() const { return error_; }
  /// After malformed: the first line is to blame.
  [[nodiscard]] bool in_start_line() const { return in_start_line_; }

 private:
  void make_parser() {
    parser_.emplace();
    // Our limit is the one that holds; Beast's only must not come first.
    parser_->header_limit(static_cast<std::uint32_t>(2 * limit_));
    configure_(*parser_);
  }

  Step step_header() {
    const std::string_view shown = rest().substr(0, limit_ - std::min(limit_, interim_));
    for (std::size_t end = next_stop(shown); end != 0; end = next_stop(shown)) {
      tried_ = end;
      make_parser();
      const std::size_t taken = parser_->put(boost::asio::buffer(shown.data(), end), error_);
      if (error_ != boost::beast::http::error::need_more) return end_header(taken);
    }
    return interim_ + rest().size() > limit_ ? Step::too_large : Step::need_more;
  }

  /// Where the parser should look next: behind the first line, then behind each empty line. 0: not there yet.
  [[nodiscard]] std::size_t next_stop(std::string_view shown) {
    if (tried_ == 0) return shown.find('\n') + 1;  // npos + 1 = 0
    for (std::size_t at = shown.find('\n', scanned_); at != std::string_view::npos; at = shown.find('\n', at + 1)) {
      scanned_ = at;
      const std::string_view next = shown.substr(at + 1, 2);
      const std::size_t end = at + 1 + (next.starts_with('\n') ? 1 : next == "\r\n" ? 2 : 0);
      if (end > at + 1 && end > tried_) return end;
    }
    return 0;
  }

  Step end_header(std::size_t taken) {
    in_start_line_ = taken == 0;
    if (error_) return refused();
    used_ += taken;
    header_bytes_ = interim_ + taken;
    interim_ = 0;
    return parser_->is_done() ? Step::complete : Step::header;
  }

  Step step_body() {
    const std::string_view shown = rest().substr(0, limit_);
    // An empty chunked body has 5 bytes, "0\r\n\r\n"; Beast asserts that when it is asked again about one that came in
    // parts.
    constexpr std::size_t kEmptyChunkedBody = 5;
    if (shown.size() < (parser_->chunked() && !body_begun_ ? kEmptyChunkedBody : 1)) return Step::need_more;
    const std::size_t taken = parser_->put(boost::asio::buffer(shown.data(), shown.size()), error_);
    used_ += taken;
    body_begun_ = body_begun_ || taken != 0;
    if (error_ == boost::beast::http::error::need_more) {
      return rest().size() >= limit_ ? Step::too_large : Step::need_more;
    }
    if (error_) return refused();
    return parser_->is_done() ? Step::complete : Step::body;
  }

  [[nodiscard]] Step refused() const {
    return error_ == boost::beast::http::error::body_limit ? Step::too_large : Step::malformed;
  }

  std::size_t limit_;
  std::function<void(Parser&)> configure_;
  std::optional<Parser> parser_;
  std::string data_;
  std::size_t used_ = 0;
  std::size_t tried_ = 0;         ///< length of the prefix that was parsed without reaching the header's end
  std::size_t scanned_ = 0;       ///< no empty line ends before the line feed here
  std::size_t header_bytes_ = 0;  ///< of the last complete header, with the interim ones before it
  std::size_t interim_ = 0;
  boost::beast::error_code error_;
  bool in_start_line_ = false;
  bool body_begun_ = false;
};

}  // namespace frostbyte::contract
