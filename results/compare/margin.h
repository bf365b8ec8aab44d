// What counts as a difference: the user's word, else the larger of 2 % and what this host shows between a build and
// itself.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "results/record/header.h"

namespace frostbyte::compare {

/// Below this a difference in a cold start is nobody's concern, whatever the host could resolve.
inline constexpr double kUsualMargin = 0.02;
/// A floor above this is none: with a margin that wide everything would be equivalent.
inline constexpr double kMostFloor = 1;

/// All as parts of the base: 0.02 is 2 %.
struct Margins {
  std::optional<double> usual{};  ///< for every metric not named below
  std::map<std::string, double, std::less<>> by_metric{};
};

/// The host's measured A/A noise floor of a metric, as a part of its value, from the calibration record that the run's
/// header carries (host facts, `calibration`, `aa_noise_floor`); nothing when it has none.
std::optional<double> noise_floor(const record::Json& host, std::string_view metric);

}  // namespace frostbyte::compare
