// What an operation that can fail returns: a value, or an Error that says what was being done, to what, why it failed
// and what the user can do about it. Nothing in frostbyte throws past a library's edge.
//
// Not here: failed launches. A launch that fails is a row of the run (results/record), not an Error.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace frostbyte {

struct Error {
  std::string operation;  ///< what was attempted, as a verb phrase: "open", "create cgroup"
  std::string subject;    ///< what it was attempted on: a path, a function's name, a flag
  std::string cause;      ///< why it failed, in words; empty when `code` says it
  int code = 0;           ///< errno, 0 when the failure is not the kernel's
  std::string hint;       ///< what the user can do; empty when nothing is known to help

  /// "cannot open 'x': No such file or directory (ENOENT)\n  hint: …"
  [[nodiscard]] std::string message() const;
};

template <class T>
using Result = std::expected<T, Error>;

using Failure = std::unexpected<Error>;

/// A failure of the kernel's: takes the current errno unless one is given.
[[nodiscard]] Failure system_failure(std::string operation, std::string subject, std::string hint = {});
[[nodiscard]] Failure system_failure(int code, std::string operation, std::string subject, std::string hint = {});

/// A failure that has no errno: bad input, a broken promise of a file format.
[[nodiscard]] Failure failure(std::string operation, std::string subject, std::string cause, std::string hint = {});

/// Adds context outward: "cannot load function 'x': cannot open 'y': …". The inner hint is kept.
[[nodiscard]] Failure wrap(Error inner, std::string operation, std::string subject);

}  // namespace frostbyte

/// `auto value = TRY(expression);` — the value, or return of the error to the caller. Also `TRY(void_result);`.
/// Every use names its temporary by a number of its own, so that uses nest.
#define TRY(...) FROSTBYTE_TRY_NUMBERED_(__COUNTER__, __VA_ARGS__)
#define FROSTBYTE_TRY_NUMBERED_(number, ...) FROSTBYTE_TRY_(number, __VA_ARGS__)
#define FROSTBYTE_TRY_(number, ...)                                                                       \
  (__extension__({                                                                                        \
    auto try_result_##number = (__VA_ARGS__);                                                             \
    if (!try_result_##number.has_value()) return std::unexpected(std::move(try_result_##number.error())); \
    std::move(try_result_##number).value();                                                               \
  }))
