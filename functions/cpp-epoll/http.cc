#include "http.h"

#include <charconv>
#include <chrono>
#include <cstring>
#include <ctime>

namespace http {
namespace {

namespace beast = boost::beast::http;

std::string_view reason(int status) {
  const auto text = beast::obsolete_reason(static_cast<beast::status>(status));
  return {text.data(), text.size()};
}

/// RFC 9112 §3.2: origin-form "/path?query", or absolute-form "http://host/path?query".
std::string_view path_of(std::string_view target) {
  if (const auto scheme = target.find("://"); scheme != target.npos && !target.starts_with('/')) {
    const auto slash = target.find('/', scheme + 3);
    target = slash == target.npos ? "/" : target.substr(slash);
  }
  return target.substr(0, target.find('?'));
}

void append_padded(std::string& out, unsigned value) {
  out += static_cast<char>('0' + value / 10 % 10);
  out += static_cast<char>('0' + value % 10);
}

void append_number(std::string& out, std::size_t value) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

/// RFC 9110 §5.6.7. Not gmtime and strftime: the first of those reads the time zone file, at start-up.
std::string imf_date(std::chrono::sys_seconds time) {
  static constexpr std::string_view kDays = "SunMonTueWedThuFriSat";
  static constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const auto midnight = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(midnight);
  const std::chrono::hh_mm_ss clock(time - midnight);
  std::string text(kDays.substr(std::chrono::weekday(midnight).c_encoding() * 3, 3));
  text += ", ";
  append_padded(text, unsigned(date.day()));
  text.append(" ").append(kMonths.substr((unsigned(date.month()) - 1) * 3, 3)).append(" ");
  append_number(text, static_cast<std::size_t>(int(date.year())));
  text += ' ';
  append_padded(text, static_cast<unsigned>(clock.hours().count()));
  text += ':';
  append_padded(text, static_cast<unsigned>(clock.minutes().count()));
  text += ':';
  append_padded(text, static_cast<unsigned>(clock.seconds().count()));
  return text.append(" GMT");
}

const std::string& date_now() {
  static std::time_t cached_at = -1;
  static std::string cached;
  if (const std::time_t now = std::time(nullptr); now != cached_at) {
    cached_at = now;
    cached = imf_date(std::chrono::sys_seconds(std::chrono::seconds(now)));
  }
  return cached;
}

std::string_view connection_field(Persistence persistence) {
  switch (persistence) {
    case Persistence::implied:
      return "";
    case Persistence::announced:
      return "\r\nConnection: keep-alive";
    case Persistence::close:
      return "\r\nConnection: close";
  }
  __builtin_unreachable();
}

}  // namespace

RequestReader::RequestReader() {
  eager(true);
  header_limit(kHeaderLimit);
  body_limit(service::kBodyLimit);
}

std::size_t RequestReader::feed(std::string_view bytes) {
  std::size_t skipped = 0;
  // RFC 9112 §2.2: empty lines before a request are to be ignored.
  while (!got_some() && bytes.substr(skipped).starts_with("\r\n")) skipped += 2;
  bytes.remove_prefix(skipped);
  if (bytes.empty() || (!got_some() && bytes == "\r")) return skipped;
  Error error;
  const std::size_t used = put(boost::asio::buffer(bytes.data(), bytes.size()), error);
  judge(error, bytes.size() - used);
  return skipped + used;
}

void RequestReader::judge(const Error& error, std::size_t left) {
  if (state_ == State::refused) return;
  if (error && error != beast::error::need_more) return refuse(error);
  if (is_done()) {
    state_ = State::complete;
    return;
  }
  // What is not used yet is the part of a line, of a chunk's extension or of a trailer, which Beast takes whole.
  if (header_size_ + left > kHeaderLimit) refuse(beast::error::header_limit);
}

Persistence RequestReader::persistence() const {
  if (state_ != State::complete || !keep_alive()) return Persistence::close;
  return version_ == 11 ? Persistence::implied : Persistence::announced;
}

service::Request RequestReader::request() const { return {.method = method_, .path = path_, .body = body_}; }

bool RequestReader::take_expectation() {
  const bool waits = header_done_ && expects_continue_ && state_ == State::incomplete && body_.empty();
  if (waits) expects_continue_ = false;
  return waits;
}

void RequestReader::on_request_impl(beast::verb, View method, View target, int version, Error&) {
  header_size_ = method.size() + target.size() + std::strlen("  HTTP/1.1\r\n");
  version_ = version;
  method_.assign(method.data(), method.size());
  path_ = path_of({target.data(), target.size()});
}

void RequestReader::on_field_impl(beast::field name, View text, View value, Error& error) {
  // Beast limits what one call holds; a header that comes in parts is limited here, trailers included.
  header_size_ += text.size() + value.size() + std::strlen(": \r\n");
  if (header_size_ > kHeaderLimit) error = beast::error::header_limit;
  if (header_done_) return;  // a trailer changes nothing
  switch (name) {
    case beast::field::host:
      ++hosts_;
      break;
    case beast::field::expect:
      expects_continue_ = boost::beast::iequals(value, "100-continue");
      break;
    case beast::field::transfer_encoding:
      // Beast decodes chunked. Any other coding would leave a body whose end nobody knows.
      if (!boost::beast::iequals(value, "chunked")) {
        refuse(501, "transfer coding not implemented");
        error = beast::error::bad_transfer_encoding;
      }
      break;
    default:
      break;
  }
}

void RequestReader::on_header_impl(Error& error) {
  header_done_ = true;
  // RFC 9112 §3.2: exactly one Host in HTTP/1.1. Two could mean different servers to different readers.
  if (hosts_ > 1 || (hosts_ == 0 && version_ == 11)) {
    refuse(400, "exactly one Host expected");
    error = beast::error::bad_field;
  }
}

std::size_t RequestReader::on_body_impl(View bytes, Error&) {
  body_.append(bytes.data(), bytes.size());
  return bytes.size();
}

std::size_t RequestReader::on_chunk_body_impl(std::uint64_t, View bytes, Error& error) {
  return on_body_impl(bytes, error);
}

void RequestReader::refuse(const Error& error) {
  if (error == beast::error::body_limit) return refuse(413, "body too large");
  if (error == beast::error::header_limit) return refuse(431, "header too large");
  refuse(400, "malformed request");
}

void RequestReader::refuse(int status, std::string_view message) {
  state_ = State::refused;
  refusal_status_ = status;
  refusal_ = message;
}

void append(std::string& out, const service::Response& response, Framing framing) {
  out.append("HTTP/1.1 ");
  append_number(out, static_cast<std::size_t>(response.status));
  out.append(" ").append(reason(response.status)).append("\r\nDate: ").append(date_now());
  out.append("\r\nContent-Type: ").append(response.content_type).append("\r\nContent-Length: ");
  append_number(out, response.body.size());
  if (!response.allow.empty()) out.append("\r\nAllow: ").append(response.allow);
  out.append(connection_field(framing.persistence));
  out.append("\r\n\r\n");
  if (framing.with_body) out.append(response.body);
}

}  // namespace http
