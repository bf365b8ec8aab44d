#include "launcher/host/finding.h"

#include <array>

namespace frostbyte::host {

std::string_view to_string(Group group) {
  constexpr std::array<std::string_view, kGroupCount> kNames = {"launching", "stamps", "memory",
                                                                "isolation", "noise",  "leftovers"};
  return kNames[static_cast<std::size_t>(group)];
}

std::string_view to_string(Finding::Status status) {
  constexpr std::array<std::string_view, 3> kNames = {"works", "degraded", "unavailable"};
  return kNames[static_cast<std::size_t>(status)];
}

}  // namespace frostbyte::host
