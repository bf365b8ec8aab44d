// Published figures as claims that can be put to the test: data, from claims.toml. What a claim says, where it was
// published, and which measurement answers it.
//
// Not here: the verdict on one (judge.h), measuring (launcher/commands/claims.cc).
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "launcher/base/result.h"

namespace frostbyte::claims {

/// A measurement that answers claims. Either a sweep, or a report in JSON that something else writes.
struct Measurement {
  std::string name;                    ///< of the run file too: NAME.jsonl, or NAME.json for a report
  std::vector<std::string> functions;  ///< of a sweep
  std::vector<std::string> arguments;  ///< of a sweep: "--load", "rate=max" …
  std::string command;                 ///< what writes the report; empty for a sweep
  [[nodiscard]] bool is_sweep() const { return command.empty(); }
  /// "NAME.jsonl" or "NAME.json", below the folder of runs.
  [[nodiscard]] std::string file() const { return name + (is_sweep() ? ".jsonl" : ".json"); }
};

enum class Relation : std::uint8_t {
  ratio,     ///< subject / against is the published ratio, within the tolerance
  order,     ///< subject is below `against`
  absolute,  ///< subject has the published value, within the tolerance
};
std::string_view to_string(Relation relation);

struct Claim {
  std::string id;       ///< "C1": several claims may share it, one a source
  std::string source;   ///< who published it
  std::string text;     ///< what was published, with its figures as they were
  std::string why_not;  ///< why no measurement here can answer it; then nothing below is set
  std::string measurement{};
  std::string metric{};
  Relation relation = Relation::ratio;
  std::string subject{};
  std::string against{};
  double published = 0;  ///< the ratio, or the value in the metric's own unit; unused for order
  double tolerance = 0;  ///< as a part of published
  std::string note{};    ///< how what is measured differs from what was published
  std::string origin{};  ///< "claims.toml:12"
};

struct Claims {
  std::string title;
  std::vector<Measurement> measurements;
  std::vector<Claim> claims;

  /// Null when there is none of this name.
  [[nodiscard]] const Measurement* find(std::string_view measurement) const;
};

/// Errors name file, line and key: unknown keys, a measurement that is neither or that nobody defined, a metric nobody
/// knows, a ratio without `against`, a tolerance that is none.
Result<Claims> parse_claims(std::string_view text, const std::filesystem::path& file);

}  // namespace frostbyte::claims
