// The line that tells how far a sweep is: on standard error, on a terminal only, redrawn while nothing is measured.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "launcher/base/clock.h"
#include "launcher/sweep/sweep.h"
#include "results/report/render.h"

namespace frostbyte::commands {

/// "round 12/100 · 340 launches/s · ETA 0:12 · cpp-epoll 412 µs · 2 failed". `shown` is the variant whose median is
/// told.
std::string progress_line(const sweep::Progress& progress, const std::string& variant, std::uint32_t shown,
                          const report::RenderOptions& options);

/// "0:07", "12:30", "1:02:03".
std::string clock_text(Nanos duration);

/// "412 µs", "1.24 ms", "10.5 s": three digits.
std::string rough_duration(Nanos duration, report::Charset charset);

class ProgressLine {
 public:
  enum class Visible : std::uint8_t { no, yes };
  ProgressLine(std::vector<std::string> variants, Visible visible);
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  /// Draws at most ten times a second.
  void show(const sweep::Progress& progress);
  /// Leaves an empty line for whatever comes next.
  void clear();

 private:
  std::vector<std::string> variants_;
  Visible visible_;
  report::RenderOptions options_;
  Instant last_{};
  bool drawn_ = false;
};

}  // namespace frostbyte::commands
