// Density: the instances that stand idle beside the one that is launched and timed. Grows and shrinks to what the next
// launch needs, and refuses what this host has no room for before it starts it.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

#include "launcher/launch/launcher.h"
#include "launcher/sweep/plan.h"

namespace frostbyte::sweep {

/// A crowd that does not fit, and the numbers that say so. Pure.
struct Room {
  std::uint64_t instances = 0;    ///< wanted
  std::uint64_t present = 0;      ///< there now
  Bytes each;                     ///< what one of them takes, as measured on those present
  Bytes available;                ///< MemAvailable now
  Bytes kept;                     ///< to be left alone
  std::uint64_t descriptors = 0;  ///< the launcher's limit
};
/// Nothing when there is room.
std::optional<std::string> why_no_room(const Room& room);

class Crowd {
 public:
  Crowd(launch::Launcher& launcher, std::vector<launch::Target>& targets, const Plan& plan,
        const std::atomic<bool>* interrupted)
      : launcher_(launcher), targets_(targets), plan_(plan), interrupted_(interrupted) {}

  /// Has all but one of the variant's instances stand idle. A Sample when that failed: it says how, and is the
  /// launch's. Errors: the launcher's own.
  Result<std::optional<record::Sample>> gather(std::uint32_t variant);
  Result<void> dismiss();

 private:
  [[nodiscard]] record::Sample failed(std::uint32_t variant, std::string detail) const;
  [[nodiscard]] std::optional<std::string> why_no_room(std::uint64_t wanted) const;
  Result<std::optional<record::Sample>> add_one(std::uint32_t variant, std::uint64_t wanted);

  launch::Launcher& launcher_;
  std::vector<launch::Target>& targets_;
  const Plan& plan_;
  const std::atomic<bool>* interrupted_;
  std::optional<std::uint32_t> of_;  // a variant whose function they are
};

}  // namespace frostbyte::sweep
