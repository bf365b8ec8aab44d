#include "results/record/line_reader.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "results/record/header.h"

namespace frostbyte::record {

LineReader::LineReader(int fd, std::string subject) : fd_(fd), subject_(std::move(subject)), buffer_(1u << 18) {}

/// Reads more behind what is there; false at the end of the file.
Result<bool> LineReader::fill() {
  if (begin_ != 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, filled_ - begin_);
    filled_ -= begin_;
    begin_ = 0;
  }
  if (filled_ > kMaxLine) {
    return failure("read line " + std::to_string(number_ + 1) + " of", subject_,
                   "it is longer than " + std::to_string(kMaxLine) + " bytes: this is not a run file");
  }
  if (filled_ == buffer_.size()) buffer_.resize(buffer_.size() * 2);
  for (;;) {
    const ssize_t n = ::read(fd_, buffer_.data() + filled_, buffer_.size() - filled_);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_failure("read", subject_);
    filled_ += static_cast<std::size_t>(n);
    return n > 0;
  }
}

Result<std::optional<std::string_view>> LineReader::next() {
  std::size_t searched = 0;
  for (;;) {
    const char* from = buffer_.data() + begin_;
    const std::size_t length = filled_ - begin_;
    if (const void* newline = std::memchr(from + searched, '\n', length - searched); newline != nullptr) {
      const auto end = static_cast<std::size_t>(static_cast<const char*>(newline) - from);
      begin_ += end + 1;
      offset_ += end + 1;
      ++number_;
      return std::string_view(from, end);
    }
    searched = length;
    if (!TRY(fill())) return std::nullopt;
  }
}

}  // namespace frostbyte::record
