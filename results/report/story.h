// The sentences around the table, which console and markdown share: what was measured, failures, flags, notes.
// Internal to results/report.
#pragma once

#include <string>
#include <vector>

#include "results/report/render.h"
#include "results/summary/summary.h"

namespace frostbyte::report {

/// "launches", or "windows" of a scrape.
std::string_view samples_are(const Summary& summary);

/// "frostbyte 0.1.0 · 6 variants × 500 launches · seed 42 · 2026-01-31T12:00:00Z", then the host's line if there is
/// one.
std::vector<std::string> provenance(const Summary& summary, Charset charset);

/// What the first column of figures is, and how far the instrument itself may be off.
std::string reading_aid(const Summary& summary, Charset charset);

struct FailureText {
  std::string subject{};
  std::string what{};         ///< "12 × crashed: signal 11 (SIGSEGV)"
  std::string stderr_line{};  ///< the last non-empty line; may be empty
};
std::vector<FailureText> failure_texts(const Summary& summary, Charset charset);

/// Notes of the run and flags of the subjects, each ending in what to do where there is something to do. Subjects with
/// the same trouble share a sentence, which gives the worst of them.
std::vector<std::string> warnings(const Summary& summary, Charset charset);

}  // namespace frostbyte::report
