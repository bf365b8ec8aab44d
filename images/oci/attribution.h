// Which bytes of a compressed stream stand for which bytes of the uncompressed one. Between two places where the
// decoder stood still, compressed bytes are shared out in proportion; where a gzip member or a zstd frame ends, the
// border is exact. Shares of neighbouring ranges add up to the whole, to the byte.
#pragma once

#include <cstdint>
#include <deque>

namespace frostbyte::oci {

class Attribution {
 public:
  enum class Border : std::uint8_t { estimated, exact };

  /// The decoder has written `out` bytes in all and read `in`. Neither ever falls.
  void mark(std::uint64_t out, std::uint64_t in, Border border);

  struct Place {
    std::uint64_t in = 0;
    Border border = Border::estimated;
  };
  /// Compressed bytes before the uncompressed byte `out`, which must have been marked or passed. Calls must not go
  /// back.
  Place at(std::uint64_t out);

 private:
  struct Mark {
    std::uint64_t out, in;
    Border border;
  };
  std::deque<Mark> marks_{{0, 0, Border::exact}};
};

}  // namespace frostbyte::oci
