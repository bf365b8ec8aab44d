// What fingerprints are taken from: defined and imported symbol names, and texts in a program's constants.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "images/elf/binary.h"
#include "images/elf/symbols.h"

namespace frostbyte::elf {

/// A text to look for that this program itself does not contain: else every fingerprint of frostbyte would find it.
class Needle {
 public:
  template <std::size_t N>
  consteval Needle(const char (&text)[N]) : size_(N - 1) {  // NOLINT(google-explicit-constructor): a table of texts
    for (std::size_t i = 0; i + 1 < N; ++i) inverted_.at(i) = static_cast<char>(~text[i]);
  }
  [[nodiscard]] std::string text() const {
    std::string clear;
    for (std::size_t i = 0; i < size_; ++i) clear += static_cast<char>(~inverted_.at(i));
    return clear;
  }

 private:
  std::array<char, 48> inverted_{};
  std::size_t size_;
};

class Evidence {
 public:
  explicit Evidence(const Binary& binary);

  [[nodiscard]] const Binary& binary() const { return binary_; }
  [[nodiscard]] bool has_symbols() const { return !defined_.empty(); }  ///< names of functions of its own
  [[nodiscard]] bool defines(std::string_view symbol) const { return defined_.contains(symbol); }
  [[nodiscard]] bool imports(std::string_view symbol) const { return imported_.contains(symbol); }
  /// The first defined symbol that begins so; empty without one.
  [[nodiscard]] std::string_view defined_with_prefix(std::string_view prefix) const;
  /// Whether constants and initialised data, not code and not debug information, hold the text.
  [[nodiscard]] bool holds(std::string_view text) const;
  /// The bytes from the text on, in the same place; empty when it is not there.
  [[nodiscard]] std::string_view find(std::string_view text) const;
  /// The first needed library whose name begins so; empty without one.
  [[nodiscard]] std::string_view needed_with_prefix(std::string_view prefix) const;
  /// The first `size` bytes of code that run; empty when the entry point is nowhere.
  [[nodiscard]] std::string_view entry_code(std::size_t size) const;

 private:
  const Binary& binary_;
  std::unordered_set<std::string_view> defined_, imported_;
  std::vector<std::string_view> data_;
  std::vector<std::string_view> needed_;
};

}  // namespace frostbyte::elf
