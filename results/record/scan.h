// One pass over a run file, validating every line. Internal to results/record: read_run and RunWriter::resume.
#pragma once

#include <cstdint>
#include <string>

#include "launcher/base/result.h"
#include "results/record/digest.h"
#include "results/record/run.h"

namespace frostbyte::record {

struct Scan {
  Run run;
  std::uint64_t samples_end = 0;  ///< offset just past the last sample (or the header): where appending continues
  std::uint64_t torn = 0;         ///< bytes of a half-written last line
  Digest digest;                  ///< of the header and all samples
};

/// Errors: those of read_run.
Result<Scan> scan_run(int fd, const std::string& subject, const OnSample& on_sample);

}  // namespace frostbyte::record
