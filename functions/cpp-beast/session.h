// One connection: reads requests, answers them in order.
#pragma once

#include <utility>  // what Boost 1.74's awaitable.hpp uses and does not include

#include <boost/asio/awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>

#include "../service/cpp/service.h"
#include "metrics.h"

class Session {
 public:
  /// `draining` says whether the server takes another request after the present one.
  Session(boost::asio::ip::tcp::socket socket, Metrics& metrics, const bool& draining)
      : stream_(std::move(socket)), metrics_(metrics), draining_(draining) {}

  boost::asio::awaitable<void> run();
  /// Closes the connection when nothing of a next request has come.
  void end_if_idle();

 private:
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
  using Reply = boost::beast::http::response<boost::beast::http::string_body>;
  enum class Next : std::uint8_t { another, close, linger };

  boost::asio::awaitable<Next> exchange();
  boost::asio::awaitable<boost::beast::error_code> receive();
  boost::asio::awaitable<service::Response> answer();
  boost::asio::awaitable<Next> refuse(boost::beast::error_code error);
  boost::asio::awaitable<bool> send(Reply reply);
  boost::asio::awaitable<void> linger();

  boost::beast::tcp_stream stream_;
  boost::beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  Metrics& metrics_;
  const bool& draining_;
};
