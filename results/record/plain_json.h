// A fast way through the JSON this project writes itself: no white space, strings of printable ASCII without escapes,
// whole numbers, containers at most two deep. It makes the same calls as nlohmann's sax_parse; whatever it does not
// know, or the events refuse, it leaves to the library, which then decides and words the error. So it can only ever say
// yes to what the library says yes to. Internal to results/record.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

namespace frostbyte::record {

template <class Events>
class PlainJson {
 public:
  PlainJson(std::string_view text, Events& events) : at_(text.data()), end_(at_ + text.size()), events_(events) {}

  /// True: all of the text was one object, and the events took all of it. False: start over with the library.
  bool parse() { return object(1) && at_ == end_; }

 private:
  [[nodiscard]] bool is_next(char c) const { return at_ != end_ && *at_ == c; }
  bool take(char c) {
    if (!is_next(c)) return false;
    ++at_;
    return true;
  }

  bool object(int depth) {
    if (!take('{') || !events_.start_object(0)) return false;
    if (take('}')) return events_.end_object();
    do {
      if (!text() || !events_.key(scratch_) || !take(':') || !value(depth)) return false;
    } while (take(','));
    return take('}') && events_.end_object();
  }

  bool array(int depth) {
    if (!take('[') || !events_.start_array(0)) return false;
    if (take(']')) return events_.end_array();
    do {
      if (!value(depth)) return false;
    } while (take(','));
    return take(']') && events_.end_array();
  }

  bool value(int depth) {
    constexpr int kDeepest = 2;
    if (at_ == end_) return false;
    switch (*at_) {
      case '"':
        return text() && events_.string(scratch_);
      case '{':
        return depth < kDeepest && object(depth + 1);
      case '[':
        return depth < kDeepest && array(depth + 1);
      case 't':
        return word("true") && events_.boolean(true);
      default:
        return number();
    }
  }

  /// Into scratch_.
  bool text() {
    if (!take('"')) return false;
    const char* begin = at_;
    while (at_ != end_ && *at_ >= ' ' && *at_ <= '~' && *at_ != '"' && *at_ != '\\') ++at_;
    scratch_.assign(begin, at_);
    return take('"');
  }

  bool word(std::string_view word) {
    if (!std::string_view(at_, end_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  bool number() {
    const char* digits = at_ + (is_next('-') ? 1 : 0);
    // JSON has neither 007 nor a number without digits; -0 is the library's to judge.
    if (digits == end_ || *digits < '0' || *digits > '9') return false;
    if (*digits == '0' && (digits != at_ || (digits + 1 != end_ && digits[1] >= '0' && digits[1] <= '9'))) return false;
    std::int64_t number = 0;
    const auto [past, error] = std::from_chars(at_, end_, number);
    if (error != std::errc()) return false;
    at_ = past;  // a fraction or an exponent is not a delimiter, so it fails one step further on
    return number < 0 ? events_.number_integer(number) : events_.number_unsigned(static_cast<std::uint64_t>(number));
  }

  const char* at_;
  const char* end_;
  Events& events_;
  std::string scratch_;
};

}  // namespace frostbyte::record
