// One GET of a /metrics page, within a deadline.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "launcher/base/clock.h"
#include "launcher/base/result.h"
#include "launcher/scrape/exposition.h"

namespace frostbyte::scrape {

struct Url {
  std::string host;
  std::uint16_t port = 80;
  std::string target = "/metrics";  ///< path and query
};

/// Reads "http://host[:port][/path]"; without a scheme http is meant, without a path /metrics. Errors: another scheme,
/// a user name, a port that is none.
Result<Url> parse_url(std::string_view text);
std::string to_string(const Url& url);

/// A page and the instant at which its figures were true: half way between request and response.
struct Page {
  Exposition exposition;
  Instant at;
};

/// A page larger than this is refused.
inline constexpr std::size_t kPageLimit = 16u << 20;

/// Errors, each with what to do: a name that does not resolve, no connection, the deadline, a status other than 200, a
/// redirect, a compressed, oversize or unreadable page.
Result<Page> fetch(const Url& url, Nanos timeout);

}  // namespace frostbyte::scrape
