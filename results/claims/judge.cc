#include "results/claims/judge.h"

namespace frostbyte::claims {
namespace {

Judged impossible(std::string reason) {
  return {
      .verdict = Verdict::not_measurable, .reason = std::move(reason), .subject = {}, .against = {}, .measured = {}};
}

Verdict within(const Figure& measured, double low, double high) {
  if (measured.surely_above >= low && measured.surely_below <= high) return Verdict::reproduced;
  if (measured.surely_below < low || measured.surely_above > high) return Verdict::contradicted;
  return Verdict::undecided;
}

Verdict verdict_on(const Claim& claim, const Figure& measured) {
  if (claim.relation == Relation::order) {
    if (measured.surely_below < 1) return Verdict::reproduced;
    return measured.surely_above > 1 ? Verdict::contradicted : Verdict::undecided;
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
    const auto ratio = evidence->ratio(claim.subject, claim.against, claim.metric);
    if (!ratio) return impossible(ratio.error());
    judged.against = *against;
    judged.measured = *ratio;
  }
  judged.verdict = verdict_on(claim, *judged.measured);
  return judged;
}

}  // namespace frostbyte::claims
