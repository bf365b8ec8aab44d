// The tokens of one line of a /metrics page. Internal to launcher/scrape.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "launcher/base/result.h"
#include "launcher/scrape/exposition.h"

namespace frostbyte::scrape {

/// A metric's name: letters, digits, '_' and ':', no digit first.
bool is_metric_name(std::string_view text);
/// A label's name: the same without ':'.
bool is_label_name(std::string_view text);

/// A floating point number, or NaN, Inf, +Inf, -Inf in any case.
std::optional<double> parse_value(std::string_view text);

/// Resolves \\, \n and, where quotes end the text, \". Nothing when another escape is in it, which only labels refuse.
enum class Quoted : bool { no, yes };
std::optional<std::string> unescape(std::string_view text, Quoted quoted);

class Cursor {
 public:
  explicit Cursor(std::string_view line) : rest_(line) {}

  void skip_blanks();
  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  [[nodiscard]] char front() const { return rest_.empty() ? '\0' : rest_.front(); }
  [[nodiscard]] std::string_view rest() const { return rest_; }
  /// Takes `c` when it is next.
  bool take(char c);
  /// Up to the next blank or any of `stops`; may be empty.
  std::string_view word(std::string_view stops = "");
  /// {a="x",b="y"}, with the braces. Errors: the cause alone; the caller knows the line.
  Result<Labels> labels();

 private:
  Result<std::string> quoted();

  std::string_view rest_;
};

}  // namespace frostbyte::scrape
