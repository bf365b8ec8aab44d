// A calibration for people: the table that `frostbyte calibrate` prints, and the sentence that other reports owe it.
#pragma once

#include <string>

#include "results/calibration/calibration.h"
#include "results/report/render.h"

namespace frostbyte::report {

std::string calibration_console(const calibration::Calibration& calibration, const RenderOptions& options);
std::string calibration_markdown(const calibration::Calibration& calibration);
/// {"schema":"frostbyte.calibration/1", …}: the record itself.
std::string calibration_json(const calibration::Calibration& calibration);

/// "The instrument was off by 1.2 µs (p99 8.1 µs) when this host was calibrated on 2026-01-31; …", or that it was not
/// calibrated; empty for hosts of runs that say nothing about it.
std::string calibration_sentence(const record::Json& host);

}  // namespace frostbyte::report
