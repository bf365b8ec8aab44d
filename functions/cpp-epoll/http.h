// HTTP/1.1 as a server sees it: requests out of bytes, responses into bytes. Parsing is Boost.Beast's, without its
// containers: nothing is stored that is not asked for. No sockets here.
#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/status.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "../service/cpp/service.h"

namespace http {

inline constexpr std::uint32_t kHeaderLimit = 64u << 10;

/// Whether the connection outlives the response: HTTP/1.1 implies that it does, HTTP/1.0 clients have to be told.
enum class Persistence : std::uint8_t { implied, announced, close };

/// Reads one request; make another for the next one.
class RequestReader : private boost::beast::http::basic_parser<true> {
 public:
  enum class State : std::uint8_t { incomplete, complete, refused };

  RequestReader();

  /// Takes bytes in order and returns how many were used; offer the rest again with what follows.
  std::size_t feed(std::string_view bytes);

  [[nodiscard]] State state() const { return state_; }
  /// Valid when complete; refers to this reader.
  [[nodiscard]] service::Request request() const;
  /// Valid when refused.
  [[nodiscard]] service::Response refusal() const { return service::error(refusal_status_, refusal_); }
  /// What the client allows: close after a refusal, as nobody knows then where the next request would begin.
  [[nodiscard]] Persistence persistence() const;
  [[nodiscard]] bool is_head() const { return method_ == "HEAD"; }
  /// True once, when the client holds its body back until it is asked for it (RFC 9110 §10.1.1).
  [[nodiscard]] bool take_expectation();

 private:
  using Error = boost::beast::error_code;
  using View = boost::beast::string_view;

  void on_request_impl(boost::beast::http::verb, View method, View target, int version, Error&) override;
  void on_field_impl(boost::beast::http::field name, View, View value, Error& error) override;
  void on_header_impl(Error& error) override;
  std::size_t on_body_impl(View bytes, Error&) override;
  std::size_t on_chunk_body_impl(std::uint64_t, View bytes, Error&) override;
  void on_response_impl(int, View, int, Error&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, Error&) override {}
  void on_chunk_header_impl(std::uint64_t, View, Error&) override {}
  void on_finish_impl(Error&) override {}

  void judge(const Error& error, std::size_t left);
  void refuse(const Error& error);
  void refuse(int status, std::string_view message);

  State state_ = State::incomplete;
  std::size_t header_size_ = 0;  ///< request line and fields taken so far
  bool header_done_ = false;
  bool expects_continue_ = false;
  int version_ = 0;
  int hosts_ = 0;
  int refusal_status_ = 0;
  std::string_view refusal_;
  std::string method_;
  std::string path_;
  std::string body_;
};

struct Framing {
  Persistence persistence = Persistence::implied;
  bool with_body = true;  ///< false for HEAD: the length is announced, the body is not sent
};
/// Appends `response` to `out`.
void append(std::string& out, const service::Response& response, Framing framing);

}  // namespace http
