// One line of the doctor's report: what was tried on this host, how it went, what that costs the user, and the fix.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace frostbyte::host {

/// Order of the report.
enum class Group : std::uint8_t { launching, stamps, memory, isolation, noise, leftovers };
std::string_view to_string(Group group);
inline constexpr std::size_t kGroupCount = 6;

struct Finding {
  enum class Status : std::uint8_t {
    works,        ///< did what the method needs
    degraded,     ///< measuring goes on, with the consequence stated
    unavailable,  ///< cannot be had here
  };
  /// Whether measuring is impossible without it.
  enum class Need : std::uint8_t { optional, essential };

  Group group = Group::launching;
  std::string subject{};  ///< what was tried: "seccomp notification"
  Status status = Status::works;
  std::string detail{};       ///< what was seen, with figures: "p50 8.0 ms, p99 20.1 ms over 20 tries"
  std::string consequence{};  ///< what a degraded or missing thing does to figures; empty when it works
  std::string remedy{};       ///< what to do about it, as a command where there is one; empty when nothing helps
  Need need = Need::optional;
};
std::string_view to_string(Finding::Status status);

}  // namespace frostbyte::host
