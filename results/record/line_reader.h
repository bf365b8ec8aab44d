// The lines of a file, one after the other, in bounded memory. Internal to results/record.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "launcher/base/fd.h"
#include "launcher/base/result.h"

namespace frostbyte::record {

class LineReader {
 public:
  /// Reads `fd` from where it stands; `subject` names it in errors.
  LineReader(int fd, std::string subject);

  /// The next line without its newline, valid until the next call; nothing at the end of the file. A line counts once
  /// its newline is there: what follows the last newline is `torn`. Errors: read(2)'s, a line beyond kMaxLine.
  Result<std::optional<std::string_view>> next();

  /// Number of the line last returned, from 1.
  [[nodiscard]] std::uint64_t number() const { return number_; }
  /// Offset just past the newline of the line last returned.
  [[nodiscard]] std::uint64_t offset() const { return offset_; }
  /// After the end of the file: bytes behind the last newline.
  [[nodiscard]] std::uint64_t torn() const { return filled_ - begin_; }

 private:
  Result<bool> fill();

  int fd_;
  std::string subject_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;   // first byte not yet returned
  std::size_t filled_ = 0;  // end of the bytes read
  std::uint64_t number_ = 0;
  std::uint64_t offset_ = 0;
};

}  // namespace frostbyte::record
