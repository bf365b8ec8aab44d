// A slot: what one launch needs made fresh, prepared before the clock starts and torn down after it stopped.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "launcher/base/clock.h"
#include "launcher/base/fd.h"
#include "launcher/sandbox/cgroup.h"
#include "launcher/sandbox/network.h"
#include "launcher/sandbox/recipe.h"

namespace frostbyte::sandbox {

struct Slot {
  std::optional<NetworkNamespace> network;
  std::unique_ptr<Cgroup> cgroup;  ///< null when the isolation has no cgroup
  Nanos setup{};                   ///< what making this slot took
};

struct NewSlot {
  Slot slot;
  std::optional<InNetwork> inside;  ///< the calling thread is in the slot's network until this goes
};

/// `cgroups` may be null when the recipe's isolation has no cgroup. May be called by several threads at a time.
Result<NewSlot> make_slot(const Recipe& recipe, CgroupFactory* cgroups, const Limits& limits, const HomeNetwork& home);

/// Slots that were used. The kernel takes a network namespace apart asynchronously, for tens of milliseconds, and that
/// work lands in whatever is measured meanwhile; so the descriptors stay here until a batch is over.
class Graveyard {
 public:
  /// Removes the cgroup at once and keeps the network namespace. Errors: a cgroup that cannot be removed.
  Result<void> bury(Slot slot);
  /// Lets go of all network namespaces.
  void empty() { networks_.clear(); }
  [[nodiscard]] std::size_t size() const { return networks_.size(); }

 private:
  std::vector<Fd> networks_;
};

}  // namespace frostbyte::sandbox
