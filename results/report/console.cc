// The table people read in a terminal: as many columns as fit, the rest named.
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "results/report/checks.h"
#include "results/report/comparison.h"
#include "results/report/exhibits.h"
#include "results/report/formats.h"
#include "results/report/layout.h"
#include "results/report/story.h"
#include "results/report/table.h"
#include "results/report/text.h"

namespace frostbyte::report {
namespace {

constexpr std::size_t kBarColumns = 16;

class Console {
 public:
  Console(const Report& report, const RenderOptions& options)
      : summary_(report.summary),
        comparisons_(report.comparisons),
        checks_(beside_verdicts(report)),
        options_(options),
        paint_(options.colour),
        room_(options.width > 1 ? options.width - 1 : 1) {}  // terminals wrap when the last column is written

  std::string render() {
    add_provenance();
    if (!comparisons_.empty()) {
      add_comparisons();
    } else if (has_table(summary_)) {
      add_subjects();
    }
    for (const Subject& subject : summary_.subjects) add_exhibits(subject);
    add_failures();
    add_warnings();
    add_checks();
    return std::move(out_);
  }

 private:
  void add_bars(Table& table) const {
    double slowest = 0;
    for (const Subject& subject : summary_.subjects) slowest = std::max(slowest, median_of(subject));
    if (summary_.subjects.size() < 2 || slowest <= 0) return;
    Column column{.heading = "", .unit = "", .rank = 10, .left = true};
    for (const Subject& subject : summary_.subjects) {
      const double median = median_of(subject);
      column.cells.push_back(
          {.text = median > 0 ? bar(median / slowest, kBarColumns, options_.charset) : "", .emphasis = Emphasis::dim});
    }
    const auto after_factor = std::ranges::find(table.columns, glyphs(options_.charset).times, &Column::heading);
    table.columns.insert(after_factor == table.columns.end() ? after_factor : after_factor + 1, std::move(column));
  }

  static double median_of(const Subject& subject) {
    const Figure* headline = subject.figure(metric::kHeadline);
    return headline != nullptr && headline->distribution ? headline->distribution->p50 : 0;
  }

  void add_provenance() {
    const std::vector<std::string> lines = provenance(summary_, options_.charset);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const std::string text = wrapped("", lines[i], room_);
      out_ += i == 0 ? paint_.bold(text.substr(0, text.size() - 1)) + "\n"
                     : paint_.dim(text.substr(0, text.size() - 1)) + "\n";
    }
    out_ += '\n';
  }

  void add_subjects() {
    Table table = make_table(summary_, options_.charset);
    add_bars(table);
    const Grid grid(std::move(table.columns), room_, options_);
    out_ += grid.heading();
    for (const Group& group : table.groups) add_group(grid, group);
    out_ += '\n';
    add_footnotes(grid);
  }

  void add_group(const Grid& grid, const Group& group) {
    if (!group.title.empty()) out_ += paint_.dim(shown(group.title)) + "\n";
    for (const std::size_t subject : group.subjects)
      out_ += grid.row(subject, summary_.subjects[subject].floor ? Grid::Tone::dim : Grid::Tone::coloured);
  }

  void add_comparisons() {
    for (const compare::Comparison& comparison : comparisons_) {
      if (&comparison != &comparisons_.front()) out_ += '\n';
      const ComparisonText text = describe(comparison, options_.charset);
      const std::string title = wrapped("", text.title, room_);
      out_ += paint_.bold(title.substr(0, title.size() - 1)) + "\n";
      const Grid grid(text.columns, room_, options_);
      out_ += grid.heading();
      for (std::size_t row = 0; row < text.rows; ++row) out_ += grid.row(row);
      for (const std::string& note : text.remarks) add_dim(note);
      for (const std::string& reason : text.reasons) add_warning(reason);
    }
  }

  void add_exhibits(const Subject& subject) {
    if (subject.exhibits.empty()) return;
    const std::string title =
        wrapped("", shown(subject.name + (subject.description.empty() ? "" : ": " + subject.description)), room_);
    const bool first = out_.ends_with("\n\n");
    out_ += (first ? "" : "\n") + paint_.bold(title.substr(0, title.size() - 1)) + "\n";
    for (const Exhibit& exhibit : subject.exhibits) add_exhibit(exhibit);
  }

  void add_exhibit(const Exhibit& exhibit) {
    const std::string title = wrapped("", shown(exhibit.title), room_);
    out_ += "\n" + paint_.bold(title.substr(0, title.size() - 1)) + "\n";
    if (!exhibit.rows.empty()) {
      const std::size_t room = room_ > 2 ? room_ - 2 : 1;
      const Grid grid(exhibit_columns(exhibit, room, options_.charset), room, options_);
      const bool headed = std::ranges::any_of(exhibit.columns, [](const auto& c) { return !c.heading.empty(); });
      if (headed) out_ += "  " + grid.heading();
      for (std::size_t row = 0; row < exhibit.rows.size(); ++row) out_ += "  " + grid.row(row);
    }
    for (const std::string& note : exhibit.notes) {
      const std::string lines = wrapped("  ", shown(note), room_);
      out_ += paint_.dim(lines.substr(0, lines.size() - 1)) + "\n";
    }
  }

  void add_dim(const std::string& text) {
    const std::string lines = wrapped("", text, room_);
    out_ += paint_.dim(lines.substr(0, lines.size() - 1)) + "\n";
  }

  void add_warning(const std::string& text) {
    const std::string lines = wrapped("! ", text, room_);
    out_ += paint_.warn(lines.substr(0, lines.size() - 1)) + "\n";
  }

  [[nodiscard]] std::string shown(const std::string& text) const {
    return in_charset(printable(text, Charset::unicode), options_.charset);
  }

  void add_footnotes(const Grid& grid) {
    const std::string aid = reading_aid(summary_, options_.charset);
    std::string notes = aid.empty() ? "" : wrapped("", aid, room_);
    for (const Column& column : grid.columns()) {
      for (const std::string& footnote : column.footnotes) notes += wrapped("", footnote, room_);
    }
    std::vector<std::string> dropped = grid.dropped();
    std::erase(dropped, "");
    if (!dropped.empty()) {
      notes += wrapped(
          "", fmt::format("Without room at this width: {}; -o markdown=- has all columns.", fmt::join(dropped, ", ")),
          room_);
    }
    if (notes.empty()) return;
    notes.pop_back();
    out_ += paint_.dim(notes) + "\n";
  }

  void add_failures() {
    const std::vector<FailureText> failures = failure_texts(summary_, options_.charset);
    if (failures.empty()) return;
    out_ += "\n" + paint_.bold("failures") + "\n";
    for (const FailureText& failure : failures) {
      const std::string text = wrapped("  ", failure.subject + "  " + failure.what, room_);
      out_ += paint_.bad(text.substr(0, text.size() - 1)) + "\n";
      if (!failure.stderr_line.empty()) {
        out_ +=
            paint_.dim("    stderr: " + shortened(failure.stderr_line, room_ > 12 ? room_ - 12 : 1, options_.charset)) +
            "\n";
      }
    }
  }

  void add_warnings() {
    const std::vector<std::string> texts = warnings(summary_, options_.charset);
    if (texts.empty()) return;
    out_ += '\n';
    for (const std::string& text : texts) add_warning(text);
  }

  [[nodiscard]] std::string in_status_colour(const gate::Check& check, const std::string& text) const {
    switch (check.status) {
      case gate::Status::failed:
        return paint_.bad(text);
      case gate::Status::undecided:
      case gate::Status::warned:
        return paint_.warn(text);
      case gate::Status::pass:
      case gate::Status::ignored:
        break;
    }
    return paint_.dim(text);
  }

  void add_check(const gate::Check& check) {
    constexpr std::size_t kStatusColumns = 13;  // "  undecided  "
    const std::string status = padded("  " + std::string(gate::to_string(check.status)), kStatusColumns, true);
    const std::string first = wrapped(status, shown(claim(check)), room_);
    out_ += in_status_colour(check, first.substr(0, status.size())) + first.substr(status.size());
    const std::string indent(kStatusColumns, ' ');
    out_ += wrapped(indent, shown(check.detail), room_);
    if (!check.message.empty()) out_ += wrapped(indent, shown(check.message), room_);
    if (check.origin.empty()) return;
    const std::string origin = wrapped(indent, shown(check.origin), room_);
    out_ += paint_.dim(origin.substr(0, origin.size() - 1)) + "\n";
  }

  void add_checks() {
    if (checks_.empty()) return;
    out_ += "\n" + paint_.bold("checks: " + tally(checks_)) + "\n";
    for (const gate::Check* check : by_urgency(checks_)) {
      if (check->status != gate::Status::pass) add_check(*check);
    }
  }

  const Summary& summary_;
  const std::span<const compare::Comparison> comparisons_;
  const std::vector<gate::Check> checks_;
  const RenderOptions& options_;
  Painter paint_;
  std::size_t room_;
  std::string out_;
};

}  // namespace

Result<std::string> render_console(const Report& report, const RenderOptions& options) {
  return Console(report, options).render();
}

}  // namespace frostbyte::report
