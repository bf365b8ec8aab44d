#include "results/compare/margin.h"

namespace frostbyte::compare {

std::optional<double> noise_floor(const record::Json& host, std::string_view metric) {
  if (!host.is_object()) return std::nullopt;
  const auto calibration = host.find("calibration");
  if (calibration == host.end() || !calibration->is_object()) return std::nullopt;
  // Of this very host, or it would be another machine's noise.
  const record::Json::json_pointer id("/host_id/id");
  if (!host.contains(id) || calibration->value("host_id", record::Json()) != host.at(id)) return std::nullopt;
  const auto floors = calibration->find("aa_noise_floor");
  if (floors == calibration->end() || !floors->is_object()) return std::nullopt;
  const auto floor = floors->find(metric);
  if (floor == floors->end() || !floor->is_number()) return std::nullopt;
  const auto part = floor->get<double>();
  return part >= 0 && part <= kMostFloor ? std::optional(part) : std::nullopt;
}

}  // namespace frostbyte::compare
