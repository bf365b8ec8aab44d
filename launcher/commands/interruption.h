// Ctrl-C and SIGTERM: the first ends the sweep after the launch in progress, the second ends the program at once (what
// is then left on the host dies with it or is the doctor's to clean).
#pragma once

#include <atomic>

namespace frostbyte::commands {

/// Installs the handlers for its lifetime and restores the former ones.
class Interruption {
 public:
  Interruption();
  ~Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  [[nodiscard]] static const std::atomic<bool>& flag();
};

}  // namespace frostbyte::commands
