#include "launcher/scrape/cursor.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "launcher/contract/text.h"

namespace frostbyte::scrape {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_blank(char c) { return c == ' ' || c == '\t'; }

bool is_name(std::string_view text, std::string_view further) {
  const auto fits = [&](char c) { return is_letter(c) || is_digit(c) || further.find(c) != std::string_view::npos; };
  return !text.empty() && !is_digit(text.front()) && std::ranges::all_of(text, fits);
}

Failure wrong(std::string cause) { return failure("read", "labels", std::move(cause)); }

}  // namespace

bool is_metric_name(std::string_view text) { return is_name(text, "_:"); }
bool is_label_name(std::string_view text) { return is_name(text, "_"); }

std::optional<double> parse_value(std::string_view text) {
  const bool negative = text.starts_with('-');
  std::string_view digits = text;
  if (text.starts_with('+') || negative) digits.remove_prefix(1);
  using contract::equals_ignoring_case;
  if (equals_ignoring_case(digits, "inf") || equals_ignoring_case(digits, "infinity"))
    return negative ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
  if (equals_ignoring_case(digits, "nan")) return std::numeric_limits<double>::quiet_NaN();
  if (digits.empty() || !(is_digit(digits.front()) || digits.front() == '.')) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  // Out of a double's range is refused, as every client library does.
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return negative ? -value : value;
}

std::optional<std::string> unescape(std::string_view text, Quoted quoted) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      result += text[i];
      continue;
    }
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (next == 'n') {
      result += '\n';
    } else if (next == '\\' || (next == '"' && quoted == Quoted::yes)) {
      result += next;
    } else {
      return std::nullopt;
    }
    ++i;
  }
  return result;
}

void Cursor::skip_blanks() {
  while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
}

bool Cursor::take(char c) {
  if (front() != c || rest_.empty()) return false;
  rest_.remove_prefix(1);
  return true;
}

std::string_view Cursor::word(std::string_view stops) {
  std::size_t size = 0;
  while (size < rest_.size() && !is_blank(rest_[size]) && stops.find(rest_[size]) == std::string_view::npos) ++size;
  const std::string_view taken = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return taken;
}

Result<std::string> Cursor::quoted() {
  if (!take('"')) return wrong("a label's value is not in quotes");
  std::size_t size = 0;
  while (size < rest_.size() && rest_[size] != '"') size += rest_[size] == '\\' ? 2 : 1;
  if (size >= rest_.size()) return wrong("a label's value has no closing quote");
  const auto value = unescape(rest_.substr(0, size), Quoted::yes);
  if (!value) return wrong("a label's value has an escape other than \\\\, \\\" and \\n");
  rest_.remove_prefix(size + 1);
  return *value;
}

Result<Labels> Cursor::labels() {
  Labels labels;
  take('{');
  for (skip_blanks(); !take('}'); skip_blanks()) {
    const std::string name(word("={}\","));
    if (!is_label_name(name)) return wrong("'" + contract::excerpt(name) + "' is no label's name");
    skip_blanks();
    if (!take('=')) return wrong("no '=' after the label " + name);
    skip_blanks();
    std::string value = TRY(quoted());
    if (!labels.emplace(name, std::move(value)).second) return wrong("the label " + name + " is given twice");
    skip_blanks();
    if (front() != '}' && !take(',')) return wrong("neither ',' nor '}' after the label " + name);
  }
  return labels;
}

}  // namespace frostbyte::scrape
