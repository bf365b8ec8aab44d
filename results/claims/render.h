// A table of claims: what was published, what was measured, the verdict.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "results/claims/judge.h"

namespace frostbyte::claims {

struct Answer {
  const Claim* claim = nullptr;
  Judged judged{};
};

std::string render_markdown(const Claims& claims, const std::vector<Answer>& answers, const std::string& host);
/// As Markdown, one row for each claim's id: which sources it bears out and which not.
std::string render_summary(const Claims& claims, const std::vector<Answer>& answers, const std::string& host);
std::string render_console(const Claims& claims, const std::vector<Answer>& answers, const std::string& host);
/// {"schema": "frostbyte.claims/1", "host": …, "claims": [{"id": …, "verdict": …, "measured": {…}, …}]}
std::string render_json(const Claims& claims, const std::vector<Answer>& answers, const std::string& host);

}  // namespace frostbyte::claims
