// GitHub markdown: the same table with all its columns, for a pull request or a job summary.
#include <fmt/format.h>

#include "results/report/checks.h"
#include "results/report/comparison.h"
#include "results/report/exhibits.h"
#include "results/report/formats.h"
#include "results/report/story.h"
#include "results/report/table.h"
#include "results/report/text.h"

namespace frostbyte::report {
namespace {

constexpr auto kCharset = Charset::unicode;

/// Names and causes come from elsewhere: none of their characters may become markup.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("\\`*_{}[]<>|#~&").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(' ') - first + 1));
}

std::string heading(const Table& table) {
  std::string titles = "|";
  std::string rule = "|";
  for (const Column& column : table.columns) {
    titles += fmt::format(" {}{} |", column.heading, column.unit.empty() ? "" : " (" + column.unit + ")");
    rule += column.left ? "---|" : "---:|";
  }
  return titles + "\n" + rule + "\n";
}

/// In a table of figures the best is strong; in one of verdicts what is worse is too.
enum class Strong : std::uint8_t { best, verdicts };

std::string row(const Table& table, std::size_t subject, Strong strong = Strong::best) {
  std::string text = "|";
  for (const Column& column : table.columns) {
    const Cell& cell = column.cells[subject];
    const std::string content = escaped(trimmed(cell.text));
    const bool is_strong =
        cell.emphasis == Emphasis::best || (strong == Strong::verdicts && cell.emphasis == Emphasis::bad);
    text += is_strong ? fmt::format(" **{}** |", content) : fmt::format(" {} |", content);
  }
  return text + "\n";
}

std::string tables(const Table& table) {
  std::string text;
  for (const Group& group : table.groups) {
    if (!group.title.empty()) text += fmt::format("**{}**\n\n", escaped(group.title));
    text += heading(table);
    for (const std::size_t subject : group.subjects) text += row(table, subject);
    text += "\n";
  }
  return text;
}

std::string list(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) text += fmt::format("- {}\n", escaped(item));
  return text;
}

std::string failures(const Summary& summary) {
  std::string text;
  for (const FailureText& failure : failure_texts(summary, kCharset)) {
    text += fmt::format("- {}: {}", escaped(failure.subject), escaped(failure.what));
    if (!failure.stderr_line.empty()) text += fmt::format(" (stderr: {})", escaped(failure.stderr_line));
    text += "\n";
  }
  return text.empty() ? "" : "\n**Failures**\n\n" + text;
}

/// What CI puts before a reader, so it stands first: the tally, then every check that did not pass.
std::string checks(const Report& report) {
  const std::vector<gate::Check> shown = beside_verdicts(report);
  if (shown.empty()) return "";
  const auto cell = [](const std::string& text) { return escaped(printable(text, kCharset)); };
  std::string text = fmt::format("\n**Checks: {}**\n", tally(shown));
  std::string rows;
  for (const gate::Check* check : by_urgency(shown)) {
    if (check->status == gate::Status::pass) continue;
    const std::string_view strong = stops(*check) ? "**" : "";
    rows += fmt::format("| {0}{1}{0} | {2} | {3} | {4} | {5} | {6} | {7} |\n", strong, gate::to_string(check->status),
                        cell(check->metric), cell(check->subject), cell(check->limit), cell(check->detail),
                        cell(check->message), cell(check->origin));
  }
  if (rows.empty()) return text;
  return text + "\n| status | metric | subject | limit | result | message | budget |\n|---|---|---|---|---|---|---|\n" +
         rows;
}

std::string subjects(const Summary& summary) {
  if (!has_table(summary)) return "";
  const Table table = make_table(summary, kCharset);
  std::string text = tables(table);
  if (const std::string aid = reading_aid(summary, kCharset); !aid.empty()) text += escaped(aid) + "\n";
  std::string footnotes;
  for (const Column& column : table.columns) footnotes += list(column.footnotes);
  return footnotes.empty() ? text : text + "\n" + footnotes;
}

std::string exhibit_text(const Exhibit& exhibit) {
  std::string text = fmt::format("\n**{}**\n\n", escaped(printable(exhibit.title, kCharset)));
  if (!exhibit.rows.empty()) {
    Table table{.columns = exhibit_columns(exhibit, 0, kCharset), .groups = {}};
    text += heading(table);
    for (std::size_t i = 0; i < exhibit.rows.size(); ++i) {
      // Leading blanks of a tree would be lost.
      std::string indent;
      if (!exhibit.depths.empty())
        for (std::uint32_t d = 0; d < exhibit.depths[i]; ++d) indent += "&emsp;";
      text += "| " + indent + row(table, i).substr(2);
    }
    text += "\n";
  }
  for (const std::string& note : exhibit.notes) text += escaped(printable(note, kCharset)) + "\n\n";
  return text;
}

std::string exhibits(const Summary& summary) {
  std::string text;
  for (const Subject& subject : summary.subjects) {
    if (subject.exhibits.empty()) continue;
    text += fmt::format("\n### {}\n", escaped(printable(subject.name, kCharset)));
    if (!subject.description.empty()) text += "\n" + escaped(printable(subject.description, kCharset)) + "\n";
    for (const Exhibit& exhibit : subject.exhibits) text += exhibit_text(exhibit);
  }
  return text;
}

std::string comparisons(const Report& report) {
  std::string text;
  for (const compare::Comparison& comparison : report.comparisons) {
    ComparisonText words = describe(comparison, kCharset);
    Table table{.columns = std::move(words.columns), .groups = {}};
    text += fmt::format("{}**{}**\n\n", text.empty() ? "" : "\n", escaped(words.title)) + heading(table);
    for (std::size_t i = 0; i < words.rows; ++i) text += row(table, i, Strong::verdicts);
    text += "\n";
    for (const std::string& remark : words.remarks) text += escaped(remark) + "  \n";
    if (!words.reasons.empty()) text += "\n" + list(words.reasons);
  }
  return text;
}

}  // namespace

Result<std::string> render_markdown(const Report& report, const RenderOptions&) {
  const Summary& summary = report.summary;
  std::string text;
  for (const std::string& line : provenance(summary, kCharset)) text += escaped(line) + "  \n";
  text += checks(report) + "\n" + (report.comparisons.empty() ? subjects(summary) : comparisons(report));
  text += exhibits(summary);
  text += failures(summary);
  if (const auto texts = warnings(summary, kCharset); !texts.empty())
    text += "\n**Before trusting these figures**\n\n" + list(texts);
  return text;
}

}  // namespace frostbyte::report
