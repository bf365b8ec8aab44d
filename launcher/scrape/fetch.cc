#include "launcher/scrape/fetch.h"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <charconv>
#include <cstring>
#include <memory>

#include "launcher/base/fd.h"
#include "launcher/contract/client.h"
#include "launcher/contract/http.h"
#include "launcher/contract/text.h"

namespace frostbyte::scrape {
namespace {

using contract::equals_ignoring_case;
using contract::ResponseReader;

// OpenMetrics is offered too, because only it carries units; either is read.
constexpr const char* kAccept = "application/openmetrics-text;version=1.0.0;q=0.9,text/plain;version=0.0.4;q=0.8";

/// One fetch: every step knows the URL and the deadline.
class Fetch {
 public:
  Fetch(const Url& url, Nanos timeout) : url_(url), timeout_(timeout), deadline_(MonotonicClock::now() + timeout) {}

  Result<Page> run() {
    TRY(connect());
    const Instant before = MonotonicClock::now();
    TRY(send());
    const contract::Response response = TRY(receive());
    const Instant at = before + (MonotonicClock::now() - before) / 2;
    TRY(refuse_other_than_a_page(response));
    const std::string type = header(response, "content-type");
    auto exposition = parse_exposition(response.body, format_of(type, response.body));
    if (!exposition) {
      const bool html = type.starts_with("text/html");
      return failure("read", to_string(url_), exposition.error().message(),
                     html ? "this is a page for people: is the metrics page at /metrics?" : "");
    }
    return Page{.exposition = std::move(*exposition), .at = at};
  }

 private:
  [[nodiscard]] Failure refuse(std::string cause, std::string hint = {}) const {
    return failure("scrape", to_string(url_), std::move(cause), std::move(hint));
  }
  [[nodiscard]] Failure too_slow(const char* doing) const {
    return refuse(std::string("it was still ") + doing + " after " + frostbyte::to_string(timeout_),
                  "raise --timeout, or see whether the service hangs");
  }

  /// False when the deadline passed.
  [[nodiscard]] bool wait_for(short events) const {
    for (;;) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - MonotonicClock::now());
      if (left.count() <= 0) return false;
      pollfd ready{.fd = socket_.get(), .events = events, .revents = 0};
      if (::poll(&ready, 1, static_cast<int>(left.count())) > 0) return true;
    }
  }

  Result<void> connect() {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* list = nullptr;
    const int unresolved = ::getaddrinfo(url_.host.c_str(), std::to_string(url_.port).c_str(), &hints, &list);
    if (unresolved != 0)
      return refuse(std::string("the host's name does not resolve: ") + ::gai_strerror(unresolved), "check the URL");
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, ::freeaddrinfo);
    int error = 0;
    for (const addrinfo* address = list; address != nullptr; address = address->ai_next) {
      error = connect_to(*address);
      if (error == 0) return {};
    }
    if (error == ETIMEDOUT) return too_slow("connecting");
    return refuse(std::string("no connection: ") + std::strerror(error), "is the service running, and at this port?");
  }

  int connect_to(const addrinfo& address) {
    socket_ = Fd(::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket_) return errno;
    if (::connect(socket_.get(), address.ai_addr, address.ai_addrlen) == 0) return 0;
    if (errno != EINPROGRESS) return errno;
    if (!wait_for(POLLOUT)) return ETIMEDOUT;
    int error = 0;
    socklen_t length = sizeof error;
    ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &length);
    return error;
  }

  Result<void> send() {
    const function::Request request{
        .method = "GET",
        .target = url_.target,
        .headers = {{"Accept", kAccept}, {"Accept-Encoding", "identity"}, {"User-Agent", "frostbyte"}},
        .body = {}};
    const int error = contract::send_all(socket_.get(), contract::to_wire(request, host_header()), deadline_);
    if (error == ETIMEDOUT) return too_slow("taking the request");
    if (error != 0) return refuse(std::string("the request could not be sent: ") + std::strerror(error));
    return {};
  }

  [[nodiscard]] std::string host_header() const {
    const std::string host = url_.host.find(':') == std::string::npos ? url_.host : "[" + url_.host + "]";
    return host + ":" + std::to_string(url_.port);
  }

  Result<contract::Response> receive() {
    ResponseReader reader("GET");
    std::array<char, 65536> buffer;
    while (reader.state() == ResponseReader::State::incomplete) {
      if (!wait_for(POLLIN)) return too_slow("answering");
      const ssize_t n = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
      if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
      if (n < 0) return refuse(std::string("the connection broke: ") + std::strerror(errno));
      n == 0 ? reader.end_of_stream() : reader.feed({buffer.data(), static_cast<std::size_t>(n)});
      if (n == 0 && reader.state() == ResponseReader::State::incomplete) return refuse(reader.problem());
      if (reader.bytes_seen() > kPageLimit) return refuse("the page is larger than 16 MiB");
    }
    if (reader.state() != ResponseReader::State::complete)
      return refuse(reader.problem(), "does it speak plain HTTP/1.1?");
    return reader.response();
  }

  [[nodiscard]] static std::string header(const contract::Response& response, std::string_view wanted) {
    for (const auto& [name, value] : response.headers)
      if (equals_ignoring_case(name, wanted)) return contract::lower_case(value);
    return {};
  }

  [[nodiscard]] Result<void> refuse_other_than_a_page(const contract::Response& response) const {
    const std::string status = "status " + std::to_string(response.status);
    if (response.status / 100 == 3) {
      const std::string target = header(response, "location");
      return refuse(status + ", a redirect to '" + contract::excerpt(target, 200) + "'", "scrape that address instead");
    }
    if (response.status == 404) return refuse(status, "the metrics page is elsewhere: give its path in the URL");
    if (response.status == 401 || response.status == 403)
      return refuse(status, "the page asks for credentials, which scrape does not send");
    if (response.status != 200) return refuse(status + ", expected 200", "see the service's own log");
    const std::string encoding = header(response, "content-encoding");
    if (!encoding.empty() && encoding != "identity")
      return refuse("the page is compressed (" + contract::excerpt(encoding) + ") though that was not asked for");
    return {};
  }

  const Url& url_;
  Nanos timeout_;
  Instant deadline_;
  Fd socket_;
};

Failure not_a_url(std::string_view text, std::string cause) {
  return failure("read URL", std::string(text), std::move(cause), "http://127.0.0.1:8080/metrics");
}

}  // namespace

Result<Url> parse_url(std::string_view text) {
  std::string_view rest = text;
  if (const std::size_t scheme = rest.find("://"); scheme != std::string_view::npos) {
    if (equals_ignoring_case(rest.substr(0, scheme), "https"))
      return failure("read URL", std::string(text), "scrape speaks plain HTTP only",
                     "scrape the service itself, behind what ends its TLS");
    if (!equals_ignoring_case(rest.substr(0, scheme), "http")) return not_a_url(text, "its scheme is not http");
    rest.remove_prefix(scheme + 3);
  }
  Url url;
  const std::size_t path = std::min(rest.find_first_of("/?#"), rest.size());
  if (path < rest.size()) url.target = rest.substr(path, rest.find('#', path) - path);
  if (url.target.empty() || url.target.front() != '/') url.target.insert(0, "/");
  if (url.target.find_first_of(" \r\n\t") != std::string::npos) return not_a_url(text, "its path has a blank in it");
  std::string_view authority = rest.substr(0, path);
  if (authority.find('@') != std::string_view::npos) return not_a_url(text, "scrape sends no user names");
  const std::size_t bracket = authority.find(']');
  const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  url.host = authority.substr(0, colon);
  if (bracket != std::string_view::npos && url.host.size() > 2) url.host = url.host.substr(1, url.host.size() - 2);
  if (url.host.empty()) return not_a_url(text, "it names no host");
  if (colon == std::string_view::npos) return url;
  const std::string_view port = authority.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), url.port);
  if (error != std::errc() || end != port.data() + port.size() || url.port == 0)
    return not_a_url(text, "'" + contract::excerpt(port) + "' is no port");
  return url;
}

std::string to_string(const Url& url) {
  const std::string host = url.host.find(':') == std::string::npos ? url.host : "[" + url.host + "]";
  return "http://" + host + ":" + std::to_string(url.port) + url.target;
}

Result<Page> fetch(const Url& url, Nanos timeout) { return Fetch(url, timeout).run(); }

}  // namespace frostbyte::scrape
