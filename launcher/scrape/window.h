// What two pages of one service amount to: rates, quantiles, memory, processor time, as metrics of the registry. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "launcher/base/result.h"
#include "launcher/scrape/exposition.h"
#include "launcher/scrape/fetch.h"

namespace frostbyte::scrape {

/// Which families speak of requests. Unset ones are chosen: see choose().
struct Selection {
  std::optional<std::string> latency;   ///< a histogram or summary of seconds (or milliseconds, by its name)
  std::optional<std::string> requests;  ///< a counter; unset: the count of `latency`
  Labels labels;                        ///< only samples that carry these
};

/// What the pages of one window gave.
struct Figures {
  std::map<std::string, std::int64_t> values;
  std::map<std::string, std::string> unavailable;
  std::vector<std::string> flags;  ///< "counter_reset": a counter fell, the service began anew in the window
};

/// Fills in what was left unset: the one histogram, else summary, whose name says duration or latency of requests; the
/// counter `…requests_total` where there is none. Errors: a name that is not on the page, or is of another type;
/// several that fit, by name.
Result<Selection> choose(const Selection& asked, const Exposition& page);

/// `chosen` is choose()'s. A figure that the pages do not have is unavailable, with the family that is missing.
Figures measure(const Page& before, const Page& after, const Selection& chosen);

/// What Go's runtime says of its collector since the process began.
struct Collections {
  double count = 0;
  double pause_sum = 0;  ///< seconds
  double longest = 0;    ///< seconds, of the latest 256
};
/// Nothing when the page does not have go_gc_duration_seconds.
std::optional<Collections> collections_of(const Exposition& page);

}  // namespace frostbyte::scrape
