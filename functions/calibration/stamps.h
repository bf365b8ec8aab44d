// The page that self-stamping shares with whoever started it: its own view of the instants a launcher stamps from
// outside.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace stamps {

enum Stamp : std::size_t {
  main_entry,
  before_listen,  ///< 0 under listen-fds, as are those of everything that has not happened
  after_listen,
  after_accept,  ///< this one and the following are of the first connection
  before_write,
  after_write,
  kCount,
};

/// CLOCK_MONOTONIC nanoseconds, in the order of Stamp.
using Stamps = std::array<volatile std::int64_t, kCount>;

}  // namespace stamps
