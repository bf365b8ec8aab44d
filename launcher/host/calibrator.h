// Measures the instrument on this host: launches functions whose truth is known, the way every sweep launches, and
// probes the host itself.
//
// Not here: the arithmetic (results/calibration), the record's place (calibration_store.h), what is printed.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "launcher/sandbox/isolation.h"
#include "launcher/sweep/executor.h"
#include "launcher/sweep/sweep.h"
#include "results/calibration/calibration.h"

namespace frostbyte::host {

struct CalibratorOptions {
  Nanos time{};  ///< for all launches together
  std::uint64_t seed = 0;
  sandbox::Isolation isolation = sandbox::Isolation::full();
  std::vector<std::filesystem::path> search{};  ///< where the functions are found
  sweep::ExecutorFactory make_executor{};
  sweep::ExecutorOptions executor{};
  /// Called while nothing is measured.
  std::function<void(std::string_view part, const sweep::Progress&)> on_progress{};
  /// Called after every part, before the next: what was found so far stays.
  std::function<void(std::string_view part)> on_part{};
  enum class Probes : std::uint8_t { all, none } probes = Probes::all;
};

/// The parts, in order: a build against itself, known delays, a function that stamps itself, instruments left out, the
/// host's own times. `figures`, `noise_floor`, `launches` and `took_ns` are filled in. Errors: the functions are not
/// there, the host cannot launch at all, interrupted (ECANCELED).
Result<calibration::Calibration> calibrate(const CalibratorOptions& options);

}  // namespace frostbyte::host
