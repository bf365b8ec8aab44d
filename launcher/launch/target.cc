#include "launcher/launch/target.h"

#include "images/elf/elf.h"

namespace frostbyte::launch {

Result<Target> Target::make(Setting setting) {
  sandbox::Recipe recipe = TRY(sandbox::Recipe::make(setting.sandbox));
  std::optional<PageCache> files;
  if (auto set = files_of(setting.program, setting.folder)) files.emplace(std::move(*set));
  Target target(std::move(setting), std::move(recipe), std::move(files));
  target.program_inside_ = target.recipe_.path_inside(target.setting_.program);
  return target;
}

std::string Target::why_not_executable() const { return elf::why_not_executable(setting_.program); }

Result<void> Target::set_cache() {
  if (!files_) return {};
  if (setting_.cache == Cache::warm) {
    // Once: what was read stays, and every launch after the first would prove the same thing again.
    // That it cannot be proven (before Linux 6.5, for files of another user) is no reason not to measure.
    if (!std::exchange(warmed_, true)) warm_unproven_ = !files_->warm().has_value();
    return {};
  }
  if (!std::exchange(flushed_, true)) TRY(files_->flush());
  TRY(files_->evict());
  return {};
}

bool Target::has_resident_shared_files() const {
  return setting_.cache == Cache::cold && files_ && !files_->resident_shared().empty();
}

}  // namespace frostbyte::launch
