#include "results/compare/margin.h"

namespace frostbyte::compare {

std::optional<double> noise_floor(const record::Json& host, std::string_view metric) {
  if (!host.is_object()) return std::nullopt;
  const auto calibration = host.find("calibration");
  if (calibration == host.end() || !calibration->is_object()) return std::nullopt;
  const auto floors = calibration->find("aa_noise_floor");
  if (floors == calibration->end() || !floors->is_object()) return std::nullopt;
  const auto floor = floors->find(metric);
  if (floor == floors->end() || !floor->is_number() || !(floor->get<double>() >= 0)) return std::nullopt;
  return floor->get<double>();
}

}  // namespace frostbyte::compare
