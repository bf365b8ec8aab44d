// Figures that answer claims, by subject and metric, whatever measured them: a run's samples, or a report in JSON.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "launcher/base/result.h"
#include "results/record/run.h"

namespace frostbyte::claims {

/// Median with its interval, at `kLevel`; an exact figure's interval is itself.
struct Figure {
  double value = 0;
  double low = 0;
  double high = 0;
  std::uint64_t n = 0;
};

/// Of one figure's interval, so that both of a ratio hold together at 95 % (Bonferroni).
inline constexpr double kLevel = 0.975;

class Evidence {
 public:
  static Evidence of_run(const record::Run& run);
  /// The shape of `-o json=`. Errors: not JSON, not that shape.
  static Result<Evidence> of_report(const std::filesystem::path& file);

  /// A figure, or why there is none.
  [[nodiscard]] std::expected<Figure, std::string> figure(const std::string& subject, const std::string& metric) const;
  /// The host it was measured on, in one line; empty when it does not say.
  [[nodiscard]] const std::string& host() const { return host_; }

 private:
  std::map<std::string, std::map<std::string, std::expected<Figure, std::string>>> subjects_;
  std::string host_;
};

}  // namespace frostbyte::claims
