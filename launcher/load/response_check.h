// Whether responses are what the workload expects, cheaply enough to ask it of every one of them. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "launcher/function/workload.h"

namespace frostbyte::load {

/// Status always. A literal body byte by byte. A JSON body in full when it differs from the last one that was verified
/// in full, unless it has the same length: of those, one in kSampled, because fields that change with every response
/// would make the generator measure its own JSON parser.
class ResponseCheck {
 public:
  static constexpr std::uint32_t kSampled = 16;

  explicit ResponseCheck(function::Expectation expectation) : expectation_(std::move(expectation)) {}

  /// Why it is wrong, for people; nothing when it is right.
  std::optional<std::string> problem_of(int status, std::string_view body);

 private:
  std::optional<std::string> examine(int status, std::string_view body);

  function::Expectation expectation_;
  std::optional<std::string> verified_;  // the last body that was verified in full
  std::uint32_t unexamined_ = 0;
};

}  // namespace frostbyte::load
