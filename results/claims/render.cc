#include "results/claims/render.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "results/metric/metric.h"
#include "results/metric/quantity.h"

namespace frostbyte::claims {
namespace {

using Json = nlohmann::ordered_json;

/// Metrics that only reports know are named with their unit's last word.
metric::Unit unit_of(const std::string& id) {
  if (const metric::Metric* known = metric::find(id)) return known->unit;
  return id == "build.clean" || id == "build.incremental" ? metric::Unit::nanoseconds : metric::Unit::count;
}

std::string quantity(const Claim& claim, double value) { return metric::in_words(unit_of(claim.metric), value); }

std::string published(const Claim& claim) {
  if (!claim.why_not.empty()) return "";
  if (claim.relation == Relation::order) return "< 1";
  if (claim.relation == Relation::ratio) return fmt::format("{:.2f}", claim.published);
  return quantity(claim, claim.published);
}

std::string measured(const Answer& answer) {
  if (!answer.judged.measured) return "";
  const Figure& figure = *answer.judged.measured;
  if (answer.claim->relation == Relation::absolute)
    return fmt::format("{} ({} – {})", quantity(*answer.claim, figure.value), quantity(*answer.claim, figure.low),
                       quantity(*answer.claim, figure.high));
  return fmt::format("{:.3g} ({:.3g} – {:.3g})", figure.value, figure.low, figure.high);
}

/// "rust-axum 2.1 ms, go-nethttp 4.0 ms".
std::string values(const Answer& answer) {
  const Claim& claim = *answer.claim;
  if (!answer.judged.subject) return answer.judged.reason;
  std::string text = claim.subject + " " + quantity(claim, answer.judged.subject->value);
  if (answer.judged.against) text += ", " + claim.against + " " + quantity(claim, answer.judged.against->value);
  return text;
}

std::string what(const Claim& claim) {
  if (!claim.why_not.empty()) return "";
  return claim.metric + (claim.against.empty() ? "" : ", " + claim.subject + " / " + claim.against);
}

/// "cold start 180 ms against 340 ms (000): 0.71".
std::string in_brief(const Answer& answer) {
  std::string text = answer.claim->text + " (" + answer.claim->source + ")";
  if (!answer.judged.measured) return text;
  const double value = answer.judged.measured->value;
  const bool absolute = answer.claim->relation == Relation::absolute;
  return text + ": " + (absolute ? quantity(*answer.claim, value) : fmt::format("{:.2f}", value));
}

std::string in_cell(std::string text) {
  for (std::size_t at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2)) text.insert(at, "\\");
  return text;
}

Json figure_json(const std::optional<Figure>& figure) {
  if (!figure) return nullptr;
  return {{"value", figure->value}, {"low", figure->low}, {"high", figure->high}, {"n", figure->n}};
}

}  // namespace

std::string render_markdown(const Claims& claims, const std::vector<Answer>& answers, const std::string& host) {
  std::string text = claims.title.empty() ? "" : claims.title + "\n\n";
  if (!host.empty()) text += "Measured on: " + host + "\n\n";
  text +=
      "| claim | source | published | compared | published figure | measured | verdict | values "
      "|\n|---|---|---|---|---|---|---|---|\n";
  for (const Answer& answer : answers) {
    const Claim& claim = *answer.claim;
    text += fmt::format("| {} | {} | {} | {} | {} | {} | **{}** | {} |\n", in_cell(claim.id), in_cell(claim.source),
                        in_cell(claim.text), in_cell(what(claim)), published(claim), measured(answer),
                        to_string(answer.judged.verdict),
                        in_cell(values(answer) + (claim.note.empty() ? "" : "; " + claim.note)));
  }
  return text;
}

std::string render_summary(const Claims&, const std::vector<Answer>& answers, const std::string& host) {
  constexpr std::array kColumns = {Verdict::reproduced, Verdict::contradicted, Verdict::undecided,
                                   Verdict::not_measurable};
  std::string text = host.empty() ? "" : "Measured on: " + host + "\n\n";
  text += "| claim |";
  for (const Verdict verdict : kColumns) text += fmt::format(" {} |", to_string(verdict));
  text += "\n|---|---|---|---|---|\n";
  for (std::size_t begin = 0, end = 0; begin < answers.size(); begin = end) {
    std::array<std::string, kColumns.size()> cells;
    for (; end < answers.size() && answers[end].claim->id == answers[begin].claim->id; ++end) {
      const auto column = std::ranges::find(kColumns, answers[end].judged.verdict) - kColumns.begin();
      std::string& cell = cells[static_cast<std::size_t>(column)];
      cell += (cell.empty() ? "" : "; ") + in_brief(answers[end]);
    }
    text += "| " + in_cell(answers[begin].claim->id) + " |";
    for (const std::string& cell : cells) text += " " + in_cell(cell) + " |";
    text += "\n";
  }
  return text;
}

std::string render_console(const Claims& claims, const std::vector<Answer>& answers, const std::string& host) {
  std::string text = claims.title.empty() ? "" : claims.title + "\n";
  if (!host.empty()) text += "measured on: " + host + "\n";
  for (const Answer& answer : answers) {
    const Claim& claim = *answer.claim;
    text += fmt::format("\n{:<4} {:<20} {} (source {})\n", claim.id, to_string(answer.judged.verdict), claim.text,
                        claim.source);
    if (answer.judged.measured)
      text += fmt::format("     {}: published {}, measured {}\n", what(claim), published(claim), measured(answer));
    text += "     " + values(answer) + "\n";
    if (!claim.note.empty()) text += "     note: " + claim.note + "\n";
  }
  return text;
}

std::string render_json(const Claims& claims, const std::vector<Answer>& answers, const std::string& host) {
  Json json = {{"schema", "frostbyte.claims/1"}, {"title", claims.title}, {"host", host}};
  Json& list = json["claims"] = Json::array();
  for (const Answer& answer : answers) {
    const Claim& claim = *answer.claim;
    Json row = {{"id", claim.id}, {"source", claim.source}, {"text", claim.text}};
    row["verdict"] = to_string(answer.judged.verdict);
    if (claim.why_not.empty()) {
      row["metric"] = claim.metric;
      row["relation"] = to_string(claim.relation);
      row["subject"] = claim.subject;
      if (!claim.against.empty()) row["against"] = claim.against;
      if (claim.relation != Relation::order) row["published"] = claim.published;
      row["tolerance"] = claim.tolerance;
    }
    if (!answer.judged.reason.empty()) row["reason"] = answer.judged.reason;
    if (answer.judged.measured) {
      row["measured"] = figure_json(answer.judged.measured);
      row["subject_figure"] = figure_json(answer.judged.subject);
      row["against_figure"] = figure_json(answer.judged.against);
    }
    if (!claim.note.empty()) row["note"] = claim.note;
    list.push_back(std::move(row));
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace frostbyte::claims
