#include "launcher/sandbox/slot.h"

#include <utility>

namespace frostbyte::sandbox {
namespace {

/// How long a cgroup may take to become empty after its processes were killed and reaped.
constexpr Nanos kRemovalPatience = std::chrono::seconds(5);

}  // namespace

Result<NewSlot> make_slot(const Recipe& recipe, CgroupFactory* cgroups, const Limits& limits, const HomeNetwork& home) {
  const Instant begin = MonotonicClock::now();
  NewSlot made;
  if (recipe.isolation().has(Part::cgroup) && cgroups != nullptr) made.slot.cgroup = TRY(cgroups->create(limits));
  if (recipe.isolation().has(Part::net)) {
    HomeNetwork::Created created = TRY(home.create());
    made.slot.network.emplace(std::move(created.network));
    made.inside.emplace(std::move(created.inside));
  }
  made.slot.setup = MonotonicClock::now() - begin;
  return made;
}

Result<void> Graveyard::bury(Slot slot) {
  if (slot.network) networks_.push_back(slot.network->release());
  if (!slot.cgroup) return {};
  // Nearly always the function was all there was: that the directory can be removed proves it, and costs less than
  // looking inside.
  if (slot.cgroup->remove(Nanos::zero())) return {};
  TRY(slot.cgroup->kill_all(kRemovalPatience));
  return slot.cgroup->remove(kRemovalPatience);
}

}  // namespace frostbyte::sandbox
