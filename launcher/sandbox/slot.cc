#include "launcher/sandbox/slot.h"

#include <utility>

namespace frostbyte::sandbox {
namespace {

/// How long a cgroup may take to become empty after its processes were killed and reaped.
constexpr Nanos kRemovalPatience = std::chrono::seconds(5);

}  // namespace

Result<Slot> make_slot(const Recipe& recipe, CgroupFactory* cgroups, const Limits& limits) {
  const Instant begin = MonotonicClock::now();
  Slot slot;
  if (recipe.isolation().has(Part::cgroup) && cgroups != nullptr) slot.cgroup = TRY(cgroups->create(limits));
  if (recipe.isolation().has(Part::net)) slot.network = TRY(NetworkNamespace::create());
  slot.setup = MonotonicClock::now() - begin;
  return slot;
}

Result<void> Graveyard::bury(Slot slot) {
  if (slot.network) networks_.push_back(slot.network->release());
  if (!slot.cgroup) return {};
  TRY(slot.cgroup->kill_all(kRemovalPatience));
  return slot.cgroup->remove(kRemovalPatience);
}

}  // namespace frostbyte::sandbox
