// What a /metrics page says: the Prometheus text format 0.0.4 and OpenMetrics 1.0, read to the letter. Pure.
//
// Not here: fetching a page (fetch.h), what two of them amount to (window.h).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "launcher/base/result.h"

namespace frostbyte::scrape {

enum class Format : std::uint8_t { prometheus, openmetrics };

/// By the page's content type; OpenMetrics too when it ends in `# EOF`, which is a comment in the other format.
Format format_of(std::string_view content_type, std::string_view text);

enum class Type : std::uint8_t { unknown, counter, gauge, histogram, gauge_histogram, summary, info, state_set };
std::string_view to_string(Type type);

/// Label name → value, unescaped.
using Labels = std::map<std::string, std::string, std::less<>>;

struct Exemplar {
  Labels labels;
  double value = 0;
  std::optional<double> timestamp;  ///< seconds after 1970
};

struct Sample {
  std::string name;  ///< as written, with its suffix: "http_request_duration_seconds_bucket"
  Labels labels;
  double value = 0;                 ///< may be infinite or not a number
  std::optional<double> timestamp;  ///< seconds after 1970
  std::optional<Exemplar> exemplar;
};

struct Family {
  std::string name;  ///< without suffixes: "http_request_duration_seconds"
  Type type = Type::unknown;
  std::string help{};
  std::string unit{};
  std::vector<Sample> samples{};
};

class Exposition {
 public:
  /// In the order of their appearance.
  [[nodiscard]] std::span<const Family> families() const { return families_; }
  /// Null when the page has none of this name.
  [[nodiscard]] const Family* find(std::string_view name) const;

 private:
  friend class Reader;
  std::vector<Family> families_;
};

/// Errors name the line, what is wrong with it and an excerpt of it: names and labels that are none, escapes that do
/// not exist, values that are no numbers, a family's type given twice or after its samples, a sample given twice, and,
/// in OpenMetrics, a missing `# EOF` or anything after it.
Result<Exposition> parse_exposition(std::string_view text, Format format);

}  // namespace frostbyte::scrape
