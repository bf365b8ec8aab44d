// Which launches a calibration makes: the variants of each part, in one plan, so that one executor launches them all.
// Internal to launcher/host.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "launcher/host/calibrator.h"
#include "launcher/sweep/plan.h"
#include "results/calibration/analysis.h"

namespace frostbyte::host {

/// Some of the plan's variants, in a row, launched together.
struct CalibrationPart {
  std::string_view title;
  std::uint32_t first = 0;  ///< index of its first variant
  std::uint32_t count = 0;
  double share = 0;               ///< of the time for all launches
  std::uint32_t most_rounds = 0;  ///< more would show nothing more
};

// Variants of the part `stamping`.
inline constexpr std::uint32_t kStampingPort = 0;
inline constexpr std::uint32_t kStampingFds = 1;
inline constexpr std::uint32_t kStampingUntrapped = 2;

struct CalibrationPlan {
  sweep::Plan all;
  CalibrationPart against_itself;  ///< c-nolibc by port, the same again, and by listen-fds
  CalibrationPart delays;
  CalibrationPart stamping;
  CalibrationPart instruments;  ///< c-nolibc with everything, then as `left_out` says
  /// Contract → what each of its variants is known to take longer; indices within `delays`.
  std::map<std::string, std::vector<calibration::KnownDelay>> delay_of;
  std::vector<std::string> left_out;  ///< what each variant of `instruments` goes without; the first without nothing

  /// One part as a plan of its own.
  [[nodiscard]] sweep::Plan of(const CalibrationPart& part, Nanos time, std::uint64_t seed) const;
};

/// `stamps` is the file that the self-stamping function stamps into. Errors: a function is not found.
Result<CalibrationPlan> plan_calibration(const CalibratorOptions& options, const std::string& stamps);

}  // namespace frostbyte::host
