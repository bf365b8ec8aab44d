#include "launcher/base/result.h"

#include <cerrno>
#include <cstring>

namespace frostbyte {

std::string Error::message() const {
  std::string text = "cannot " + operation;
  if (!subject.empty()) text += " '" + subject + "'";
  if (!cause.empty()) text += ": " + cause;
  if (code != 0) {
    // Both are null for a number the C library does not know.
    const char* name = strerrorname_np(code);
    const char* description = strerrordesc_np(code);
    text += std::string(": ") + (description != nullptr ? description : "unknown error") + " (" +
            (name != nullptr ? name : "errno " + std::to_string(code)) + ")";
  }
  if (!hint.empty()) text += "\n  hint: " + hint;
  return text;
}

Failure system_failure(std::string operation, std::string subject, std::string hint) {
  return system_failure(errno, std::move(operation), std::move(subject), std::move(hint));
}

Failure system_failure(int code, std::string operation, std::string subject, std::string hint) {
  return Failure(Error{.operation = std::move(operation),
                       .subject = std::move(subject),
                       .cause = {},
                       .code = code,
                       .hint = std::move(hint)});
}

Failure failure(std::string operation, std::string subject, std::string cause, std::string hint) {
  return Failure(Error{.operation = std::move(operation),
                       .subject = std::move(subject),
                       .cause = std::move(cause),
                       .code = 0,
                       .hint = std::move(hint)});
}

Failure wrap(Error inner, std::string operation, std::string subject) {
  std::string hint = std::move(inner.hint);
  inner.hint.clear();
  return Failure(Error{.operation = std::move(operation),
                       .subject = std::move(subject),
                       .cause = inner.message(),
                       .code = 0,
                       .hint = std::move(hint)});
}

}  // namespace frostbyte
