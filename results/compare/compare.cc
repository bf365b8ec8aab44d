#include "results/compare/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <deque>

#include "results/compare/evidence.h"
#include "results/compare/judge.h"
#include "results/compare/looks.h"

namespace frostbyte::compare {
namespace {

/// Beyond this a reader of two runs must know that their launches were not independent.
constexpr double kNotableInflation = 1.5;

/// One metric of one comparison on its way to a verdict.
struct Question {
  MetricComparison* answer = nullptr;
  Evidence evidence;
  double p_value = 1;
};

bool is_primary(const Options& options, const metric::Metric& metric) {
  return std::ranges::find(options.primary, metric.id) != options.primary.end();
}

std::uint32_t looks_of(const record::Run& run) {
  const record::Json& plan = run.header().plan;
  const auto looks = plan.find("looks");
  if (looks == plan.end() || !looks->is_array()) return 1;
  return static_cast<std::uint32_t>(std::max<std::size_t>(1, looks->size()));
}

std::optional<double> exact_value(const Side& side, const metric::Metric& metric) {
  const auto& values = side.run->header().variants[side.variant].values;
  const auto found = values.find(std::string(metric.id));
  return found == values.end() ? std::nullopt : std::optional(static_cast<double>(found->second));
}

bool never_launched(const Side& side) {
  return side.run->variants()[side.variant].outcomes[static_cast<std::size_t>(record::Outcome::ok)] == 0;
}

std::string why_missing(const Side& side, const metric::Metric& metric) {
  const record::VariantData& data = side.run->variants()[side.variant];
  const auto& info = side.run->header().variants[side.variant];
  if (never_launched(side) && metric.scope == metric::Scope::sample)
    return side.name + ": no measured launch succeeded";
  if (const auto found = data.unavailable.find(metric.id); found != data.unavailable.end())
    return side.name + ": " + found->second;
  if (const auto found = info.unavailable.find(std::string(metric.id)); found != info.unavailable.end())
    return side.name + ": " + found->second;
  return side.name + " has no such figure";
}

std::string why_no_pairs(const Pair& pair, const metric::Metric& metric) {
  for (const Side* side : {&pair.base, &pair.candidate})
    if (never_launched(*side) || !side->run->variants()[side->variant].columns.contains(metric.id))
      return why_missing(*side, metric);
  return "no round has a figure of both";
}

std::optional<Estimate> relative_to(double base, const Estimate& shift) {
  if (base == 0) return std::nullopt;
  const double scale = std::abs(base);
  return Estimate{.value = shift.value / scale, .low = shift.low / scale, .high = shift.high / scale};
}

double margin_of(const Options& options, const Pair& pair, const metric::Metric& metric) {
  if (const auto named = options.margins.by_metric.find(metric.id); named != options.margins.by_metric.end())
    return named->second;
  if (options.margins.usual) return *options.margins.usual;
  if (metric.scope == metric::Scope::variant) return 0;  // exact: a byte is a difference
  double margin = kUsualMargin;
  for (const Side* side : {&pair.base, &pair.candidate})
    margin = std::max(margin, noise_floor(side->run->header().host, metric.id).value_or(0));
  return margin;
}

void settle(MetricComparison& answer, const Estimate& shift) {
  answer.shift = shift;
  answer.relative = relative_to(*answer.base, shift);
  if (answer.metric->direction == metric::Direction::informational) {
    answer.reason = "informational: neither direction is better";
    return;
  }
  answer.verdict = judge(shift, answer.margin * std::abs(*answer.base), answer.metric->direction);
  answer.reason = answer.verdict == Verdict::inconclusive ? why_inconclusive(answer) : "";
}

void compare_exactly(const Pair& pair, MetricComparison& answer) {
  answer.base = exact_value(pair.base, *answer.metric);
  answer.candidate = exact_value(pair.candidate, *answer.metric);
  answer.n_base = answer.base ? 1 : 0;
  answer.n_candidate = answer.candidate ? 1 : 0;
  if (!answer.base || !answer.candidate) {
    answer.reason = why_missing(answer.base ? pair.candidate : pair.base, *answer.metric);
    return;
  }
  const double shift = *answer.candidate - *answer.base;
  settle(answer, {.value = shift, .low = shift, .high = shift});
}

/// Looks at one question at a confidence. True when it has a verdict that is not `inconclusive`.
bool look_at(Question& question, double confidence) {
  MetricComparison& answer = *question.answer;
  const stats::Shift shift = question.evidence.shift(confidence);
  if (!shift.interval) {
    if (answer.metric->direction != metric::Direction::informational) answer.verdict = Verdict::inconclusive;
    answer.reason = fmt::format(
        "{} are too few for an interval at this confidence; measure longer",
        question.evidence.n_base() == 1 ? "1 launch" : fmt::format("{} launches", question.evidence.n_base()));
    return false;
  }
  settle(answer, {.value = shift.estimate, .low = shift.interval->low, .high = shift.interval->high});
  return answer.verdict != Verdict::inconclusive;
}

/// Holm: all questions at their share of the error; those that are answered leave theirs to the others.
void answer_all(std::vector<Question*> open, double confidence, std::uint64_t looks) {
  while (!open.empty()) {
    const double share = shared_confidence(confidence, looks, open.size());
    const std::size_t before = open.size();
    std::erase_if(open, [&](Question* question) { return look_at(*question, share); });
    if (open.size() == before) return;
  }
}

void adjust_p_values(std::vector<Question*> family, std::uint64_t looks) {
  std::ranges::stable_sort(family, {}, &Question::p_value);
  double least = 0;
  for (std::size_t i = 0; i < family.size(); ++i) {
    const double shares = static_cast<double>(family.size() - i) * static_cast<double>(looks);
    least = std::max(least, std::min(1.0, family[i]->p_value * shares));
    family[i]->answer->p_value = least;
  }
}

std::vector<const metric::Metric*> chosen_metrics(const Pair& pair, const Options& options) {
  std::vector<const metric::Metric*> chosen;
  for (const bool primary : {true, false}) {
    for (const metric::Metric& metric : metric::all()) {
      if (is_primary(options, metric) != primary || (!primary && options.scope == Scope::primary)) continue;
      const bool sampled = metric.scope == metric::Scope::sample;
      const auto has = [&](const Side& side) {
        return sampled ? side.run->variants()[side.variant].columns.contains(metric.id)
                       : exact_value(side, metric).has_value();
      };
      if (primary || (has(pair.base) && has(pair.candidate))) chosen.push_back(&metric);
    }
  }
  return chosen;
}

std::vector<std::string> notes_on(const Pair& pair, const Comparison& comparison) {
  std::vector<std::string> notes;
  for (const Side* side : {&pair.base, &pair.candidate}) {
    const record::VariantData& data = side->run->variants()[side->variant];
    const std::uint64_t launches = data.rows.size() - data.warmups;
    const std::uint64_t ok = data.outcomes[static_cast<std::size_t>(record::Outcome::ok)];
    if (ok < launches)
      notes.push_back(
          fmt::format("{} of {} launches of {} failed and are in no figure", launches - ok, launches, side->name));
  }
  if (!comparison.paired)
    notes.emplace_back("two runs, one taken after the other: what the machine did in between is part of every shift");
  return notes;
}

void note_noise_floor(const Pair& pair, const Options& options, Comparison& comparison) {
  const auto unknown = [&](const MetricComparison& one) {
    return one.primary && one.metric->scope == metric::Scope::sample && !options.margins.usual &&
           !options.margins.by_metric.contains(one.metric->id) &&
           !noise_floor(pair.base.run->header().host, one.metric->id) &&
           !noise_floor(pair.candidate.run->header().host, one.metric->id);
  };
  if (std::ranges::any_of(comparison.metrics, unknown))
    comparison.notes.push_back(fmt::format(
        "what this host shows between a build and itself was not measured: the margin is {:g} %", kUsualMargin * 100));
}

/// Questions are appended for the metrics of sample scope that both sides have.
Comparison lay_out(const Pair& pair, const Options& options) {
  Comparison comparison;
  comparison.base = pair.base.name;
  comparison.candidate = pair.candidate.name;
  comparison.paired = pair.base.run == pair.candidate.run;
  comparison.looks = std::max(looks_of(*pair.base.run), looks_of(*pair.candidate.run));
  comparison.confidence = options.confidence;
  comparison.notes = notes_on(pair, comparison);
  for (const metric::Metric* metric : chosen_metrics(pair, options)) {
    comparison.metrics.push_back({.metric = metric,
                                  .primary = is_primary(options, *metric),
                                  .n_base = 0,
                                  .n_candidate = 0,
                                  .base = {},
                                  .candidate = {},
                                  .shift = {},
                                  .relative = {},
                                  .margin = margin_of(options, pair, *metric),
                                  .p_value = {},
                                  .verdict = {},
                                  .reason = {}});
  }
  note_noise_floor(pair, options, comparison);
  return comparison;
}

void ask(const Pair& pair, Comparison& comparison, std::deque<Question>& questions) {
  double inflation = 1;
  for (MetricComparison& answer : comparison.metrics) {
    if (answer.metric->scope == metric::Scope::variant) {
      compare_exactly(pair, answer);
      continue;
    }
    Evidence evidence(pair.base, pair.candidate, *answer.metric);
    answer.n_base = evidence.n_base();
    answer.n_candidate = evidence.n_candidate();
    if (evidence.empty()) {
      answer.reason = why_no_pairs(pair, *answer.metric);
      continue;
    }
    answer.base = evidence.base();
    answer.candidate = evidence.candidate();
    if (answer.primary) inflation = std::max(inflation, evidence.inflation());
    const double p_value = evidence.p_value();
    questions.push_back({.answer = &answer, .evidence = std::move(evidence), .p_value = p_value});
  }
  if (inflation > kNotableInflation)
    comparison.notes.push_back(fmt::format(
        "launches of one run resemble their neighbours: intervals are {:.1f} times as wide as independent ones",
        std::sqrt(inflation)));
}

}  // namespace

std::vector<Comparison> compare(std::span<const Pair> pairs, const Options& options) {
  std::vector<Comparison> comparisons;
  std::uint32_t looks = 1;
  for (const Pair& pair : pairs) {
    comparisons.push_back(lay_out(pair, options));
    looks = std::max(looks, comparisons.back().looks);
  }
  std::deque<Question> questions;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    comparisons[i].looks = looks;  // of one sampling, or the most of several
    ask(pairs[i], comparisons[i], questions);
  }
  for (const bool primary : {true, false}) {
    std::vector<Question*> family;
    for (Question& question : questions)
      if (question.answer->primary == primary) family.push_back(&question);
    // What has no direction asks nothing; it shares no error, and its interval stands alone.
    const auto informational = std::ranges::partition(family, [](const Question* question) {
      return question->answer->metric->direction != metric::Direction::informational;
    });
    for (Question* question : informational) look_at(*question, shared_confidence(options.confidence, looks, 1));
    family.erase(informational.begin(), informational.end());
    adjust_p_values(family, looks);
    answer_all(family, options.confidence, looks);
  }
  return comparisons;
}

bool decided(std::span<const Comparison> comparisons) {
  return std::ranges::all_of(comparisons, [](const Comparison& comparison) {
    return std::ranges::none_of(comparison.metrics, [](const MetricComparison& one) {
      return one.primary && one.verdict == Verdict::inconclusive;
    });
  });
}

}  // namespace frostbyte::compare
