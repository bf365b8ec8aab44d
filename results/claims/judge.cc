#include "results/claims/judge.h"

namespace frostbyte::claims {
namespace {

Judged impossible(std::string reason) {
  return {
      .verdict = Verdict::not_measurable, .reason = std::move(reason), .subject = {}, .against = {}, .measured = {}};
}

/// Conservative: the ends that make it smallest and largest. Both figures are positive.
Figure ratio(const Figure& a, const Figure& b) {
  return {.value = a.value / b.value, .low = a.low / b.high, .high = a.high / b.low, .n = std::min(a.n, b.n)};
}

Verdict within(const Figure& measured, double low, double high) {
  if (measured.low >= low && measured.high <= high) return Verdict::reproduced;
  if (measured.high < low || measured.low > high) return Verdict::contradicted;
  return Verdict::undecided;
}

Verdict verdict_on(const Claim& claim, const Figure& measured) {
  if (claim.relation == Relation::order) {
    if (measured.high < 1) return Verdict::reproduced;
    return measured.low > 1 ? Verdict::contradicted : Verdict::undecided;
  }
  // Symmetric for ratios: 25 % too large and its inverse too small are the same distance.
  return within(measured, claim.published / (1 + claim.tolerance), claim.published * (1 + claim.tolerance));
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::reproduced:
      return "reproduced";
    case Verdict::contradicted:
      return "contradicted";
    case Verdict::undecided:
      return "undecided";
    case Verdict::not_measurable:
      return "not measurable here";
  }
  return "";
}

Judged judge(const Claim& claim, const Evidence* evidence, const std::string& missing) {
  if (!claim.why_not.empty()) return impossible(claim.why_not);
  if (evidence == nullptr) return impossible(missing);
  const auto subject = evidence->figure(claim.subject, claim.metric);
  if (!subject) return impossible(subject.error());
  Judged judged{.verdict = {}, .reason = {}, .subject = *subject, .against = {}, .measured = *subject};
  if (claim.relation != Relation::absolute) {
    const auto against = evidence->figure(claim.against, claim.metric);
    if (!against) return impossible(against.error());
    if (subject->low < 0 || against->low <= 0) return impossible("a ratio with a figure of 0");
    judged.against = *against;
    judged.measured = ratio(*subject, *against);
  }
  judged.verdict = verdict_on(claim, *judged.measured);
  return judged;
}

}  // namespace frostbyte::claims
