// The doctor's report for people and for machines.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "launcher/host/doctor.h"

namespace frostbyte::host {

struct TextStyle {
  enum class Colour : std::uint8_t { off, on };
  Colour colour = Colour::off;
  int width = 80;  ///< columns to wrap at; below 40 is taken as 40
};

/// A verdict first, then one aligned line a finding by group; consequence and remedy below those that do not work.
std::string to_text(const DoctorReport& report, const TextStyle& style = {});

/// {"schema":"frostbyte.doctor/1","can_measure":…,"findings":[…],"facts":{…}}
nlohmann::json to_json(const DoctorReport& report);

}  // namespace frostbyte::host
