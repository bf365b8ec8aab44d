#include "launcher/sweep/crowd.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <bit>

#include "launcher/base/file.h"

namespace frostbyte::sweep {
namespace {

/// A process, its end of the conversation and its cgroup: descriptors the launcher holds for each instance, at most.
constexpr std::uint64_t kDescriptorsEach = 16;
constexpr std::uint64_t kDescriptorsBesides = 512;
/// What an instance takes is first known after so many.
constexpr std::uint64_t kFirst = 8;
/// Kernel memory of an instance that no cgroup is charged for: its network namespace above all.
constexpr Bytes kUncharged{512 << 10};

Bytes memory_info(std::string_view key) {
  const auto text = read_file("/proc/meminfo");
  if (!text) return {};
  const auto at = text->find(key);
  if (at == std::string::npos) return {};
  return Bytes{std::strtoll(text->c_str() + at + key.size(), nullptr, 10) * 1024};
}

bool is_time_to_look(std::uint64_t present) {
  return present == 0 || (present >= kFirst && std::has_single_bit(present));
}

Bytes available() { return memory_info("MemAvailable:"); }

}  // namespace

std::optional<std::string> why_no_room(const Room& room) {
  const std::uint64_t descriptors = room.instances * kDescriptorsEach + kDescriptorsBesides;
  if (descriptors > room.descriptors)
    return fmt::format("{} instances need up to {} descriptors in the launcher, and its limit is {}: raise ulimit -Hn",
                       room.instances, descriptors, room.descriptors);
  if (room.present < std::min(kFirst, room.instances)) return std::nullopt;
  const Bytes needed{static_cast<std::int64_t>(room.instances - room.present) * room.each.count};
  if (needed.count <= room.available.count - room.kept.count) return std::nullopt;
  return fmt::format(
      "{} more instances need about {}, {} each as measured on {} of them, and of {} available {} are left "
      "alone",
      room.instances - room.present, to_string(needed), to_string(room.each), room.present, to_string(room.available),
      to_string(room.kept));
}

record::Sample Crowd::failed(std::uint32_t variant, std::string detail) const {
  record::Sample sample;
  sample.variant = plan_.variants[variant].name;
  sample.outcome = record::Outcome::sandbox_failed;
  sample.phase = "instances";
  sample.detail = std::move(detail);
  return sample;
}

std::optional<std::string> Crowd::why_no_room(std::uint64_t wanted) const {
  const auto present = launcher_.companions();
  const Bytes now = available();
  Bytes each = kUncharged;
  if (present > 0) each.count += launcher_.held_by_companions().count / static_cast<std::int64_t>(present);
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  return sweep::why_no_room({.instances = wanted,
                             .present = present,
                             .each = each,
                             .available = now,
                             .kept = Bytes{std::max<std::int64_t>(256 << 20, memory_info("MemTotal:").count / 20)},
                             .descriptors = files.rlim_cur});
}

Result<std::optional<record::Sample>> Crowd::add_one(std::uint32_t variant, std::uint64_t wanted) {
  launch::Target& target = targets_.at(variant);
  auto prepared = launcher_.prepare(target);
  if (!prepared)
    return failed(variant,
                  fmt::format("instance {} of {}: {}", launcher_.companions() + 1, wanted, prepared.error().message()));
  record::Sample sample = TRY(launcher_.add_companion(target, std::move(*prepared)));
  if (sample.outcome == record::Outcome::ok) return std::nullopt;
  sample.detail = fmt::format("instance {} of {}: {}", launcher_.companions() + 1, wanted, sample.detail);
  sample.phase = "instances";
  return sample;
}

Result<std::optional<record::Sample>> Crowd::gather(std::uint32_t variant) {
  const std::uint64_t wanted = *plan_.variants[variant].instances;
  if (!of_ || !same_but_for_instances(plan_.variants[*of_], plan_.variants[variant])) TRY(dismiss());
  of_ = variant;
  TRY(launcher_.dismiss_companions(wanted - 1));
  while (launcher_.companions() + 1 < wanted) {
    if (interrupted_ != nullptr && *interrupted_) return failed(variant, "interrupted");
    // Each look reads the memory of all: at every doubling, which is long before a host runs out.
    if (is_time_to_look(launcher_.companions()))
      if (auto why = why_no_room(wanted)) return failed(variant, std::move(*why));
    if (auto failure = TRY(add_one(variant, wanted))) return failure;
  }
  if (const std::size_t ended = launcher_.attend_companions()) {
    auto sample = failed(variant, fmt::format("instance {} of {} ended while it was idle", ended, wanted));
    sample.outcome = record::Outcome::exited_early;
    TRY(dismiss());
    return sample;
  }
  return std::nullopt;
}

Result<void> Crowd::dismiss() {
  of_.reset();
  TRY(launcher_.dismiss_companions(0));
  launcher_.empty_graveyard();
  return {};
}

}  // namespace frostbyte::sweep
