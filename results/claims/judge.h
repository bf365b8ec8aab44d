// The verdict on a claim: its published figure beside the measured one. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "results/claims/claims.h"
#include "results/claims/evidence.h"

namespace frostbyte::claims {

enum class Verdict : std::uint8_t {
  reproduced,      ///< the decisive interval lies within the tolerance (ratio, absolute), or on the claimed side of 1
                   ///< (order)
  contradicted,    ///< the decisive interval lies outside of it
  undecided,       ///< neither: it reaches over an edge
  not_measurable,  ///< nothing here can answer it, or the measurement that could is missing: the reason says which
};
std::string_view to_string(Verdict verdict);

/// The ratio subject / against, or the value in the metric's unit.
struct Judged {
  Verdict verdict = Verdict::not_measurable;
  std::string reason;             ///< of not_measurable
  std::optional<Figure> subject;  ///< in the metric's unit
  std::optional<Figure> against;
  std::optional<Figure> measured;  ///< what is compared with the published figure
};

/// `evidence` may be null: `missing` says why.
Judged judge(const Claim& claim, const Evidence* evidence, const std::string& missing);

}  // namespace frostbyte::claims
