// Appends a run to its file while it is measured: JSON Lines, one write(2) a line, so that whatever kills the launcher
// leaves a file that is readable to its last whole line.
//
// Not here: reading for analysis (run.h), and when to write (sweep).
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "launcher/base/fd.h"
#include "launcher/base/result.h"
#include "results/record/digest.h"
#include "results/record/header.h"
#include "results/record/sample.h"

namespace frostbyte::record {

enum class IfExists : std::uint8_t { refuse, replace };

struct Resumed;

class RunWriter {
 public:
  /// Creates the file and writes the header. Errors: the file exists (unless `replace`), another process is writing it,
  /// names of variants that are not unique. A path that is a pipe or a terminal is written to as it is.
  static Result<RunWriter> create(const std::filesystem::path& path, const Header& header,
                                  IfExists if_exists = IfExists::refuse);

  /// Opens an unfinished run to continue it: validates every line, removes a torn last one and an `end` that was not
  /// `complete`. Errors: all of read_run's, another process is writing it, the run is complete.
  static Result<Resumed> resume(const std::filesystem::path& path);

  /// Appends one line. Errors: the sequence number is not the next one, the variant is not in the plan, the write
  /// failed (the file is then cut back to its last whole line), the run is finished.
  Result<void> write(const Sample& sample);

  /// Appends the `end` line and flushes to the device. Nothing may be written afterwards.
  Result<void> finish(EndReason reason);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// Samples in the file, warm-ups included: the sequence number of the next.
  [[nodiscard]] std::uint64_t samples() const { return written_.samples; }

 private:
  RunWriter(std::filesystem::path path, Fd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  Result<void> append_line(std::string line);
  /// The same, for the lines that the digest is of.
  Result<void> append_measured(const std::string& line);

  std::filesystem::path path_;
  Fd fd_;
  bool regular_ = false;    // only a regular file can be cut back, locked and flushed
  std::uint64_t size_ = 0;  // bytes up to the last whole line
  End written_;             // what `end` will say
  Digest digest_;           // of the header and all samples
  bool finished_ = false;
  std::vector<std::string> variants_;  // sorted
};

/// What a resumed sweep needs to know of the launches already made.
struct Resumed {
  RunWriter writer;
  Header header;
  std::uint64_t samples = 0;  ///< whole samples kept: launches 0 … samples−1 of the schedule are done
  /// Samples kept per variant, in the order of header.variants, warm-ups included.
  std::vector<std::uint64_t> samples_by_variant;
  bool torn = false;  ///< a half-written last line was removed
};

}  // namespace frostbyte::record
