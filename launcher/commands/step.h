// A step of a command that ends it when it fails: the error and the exit status it means. TRY works on it.
#pragma once

#include "launcher/base/result.h"
#include "launcher/commands/exit_code.h"

namespace frostbyte::commands {

struct Stop {
  Error error;
  ExitCode code;
};

template <class T>
using Step = std::expected<T, Stop>;

template <class T>
Step<T> or_stop(Result<T> result, ExitCode code) {
  if (result) {
    if constexpr (std::is_void_v<T>) {
      return {};
    } else {
      return std::move(*result);
    }
  }
  return std::unexpected(Stop{.error = std::move(result.error()), .code = code});
}

/// The user asked for something that cannot be meant.
template <class T>
Step<T> or_usage(Result<T> result) {
  return or_stop(std::move(result), ExitCode::usage);
}

/// The host or an input does not allow it.
template <class T>
Step<T> or_cannot(Result<T> result) {
  return or_stop(std::move(result), ExitCode::cannot_measure);
}

}  // namespace frostbyte::commands
