// The files of one process in /proc, read without the risk of reading those of a later process with the same pid.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "launcher/base/fd.h"
#include "launcher/base/result.h"

namespace frostbyte::launch {

class ProcessFiles {
 public:
  /// Errors: ENOENT when there is no such process.
  static Result<ProcessFiles> open(pid_t pid);

  /// One read(2) of a file, into `buffer`. The kernel makes such a file in one piece; what does not fit is cut off.
  /// Errors: ESRCH when the process has ended (a zombie too, where its memory was asked for), else open's or read's.
  [[nodiscard]] Result<std::string_view> read(std::string_view file, std::span<char> buffer) const;
  /// Lines of a file of any length that do not contain `except`. Errors: as read's.
  [[nodiscard]] Result<std::int64_t> count_lines(std::string_view file, std::string_view except) const;
  [[nodiscard]] bool has(const char* file) const;
  /// Thread ids.
  [[nodiscard]] Result<std::vector<pid_t>> threads() const;

 private:
  ProcessFiles(pid_t pid, Fd directory) : pid_(pid), directory_(std::move(directory)) {}
  [[nodiscard]] Failure explain(int code, std::string_view file) const;

  pid_t pid_;
  Fd directory_;
};

/// The whole number after `key` at the beginning of a line, white space and ':' between them skipped.
std::optional<std::int64_t> field(std::string_view text, std::string_view key);

}  // namespace frostbyte::launch
