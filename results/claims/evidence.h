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

/// A median with two intervals of it: the one that is shown, and the wider one that verdicts rest on, so that the same
/// launches made again would hardly give another verdict. Those of an exact figure are the figure itself.
struct Figure {
  double value = 0;
  double low = 0;
  double high = 0;
  double surely_above = 0;
  double surely_below = 0;
  std::uint64_t n = 0;
};

inline constexpr double kShown = 0.95;
inline constexpr double kDecisive = 0.999;
/// The fewest launches whose extremes enclose the median at kDecisive.
inline constexpr std::uint64_t kFewest = 11;

class Evidence {
 public:
  static Evidence of_run(const record::Run& run);
  /// The shape of `-o json=`. Errors: not JSON, not that shape.
  static Result<Evidence> of_report(const std::filesystem::path& file);

  /// A figure, or why there is none.
  [[nodiscard]] std::expected<Figure, std::string> figure(const std::string& subject, const std::string& metric) const;
  /// subject / against. Of one run: the median of the rounds' own ratios, since what the machine did in a round it did
  /// to both. Else of the two figures, with the far ends of their intervals.
  [[nodiscard]] std::expected<Figure, std::string> ratio(const std::string& subject, const std::string& against,
                                                         const std::string& metric) const;
  /// The host it was measured on, in one line; empty when it does not say.
  [[nodiscard]] const std::string& host() const { return host_; }

 private:
  using Rounds = std::map<std::uint32_t, double>;

  std::map<std::string, std::map<std::string, std::expected<Figure, std::string>>> subjects_;
  std::map<std::string, std::map<std::string, Rounds>> rounds_;  // of a run: subject, metric
  std::string host_;
};

}  // namespace frostbyte::claims
