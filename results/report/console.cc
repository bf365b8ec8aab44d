// The table people read in a terminal: as many columns as fit, the rest named.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "results/report/checks.h"
#include "results/report/formats.h"
#include "results/report/story.h"
#include "results/report/table.h"
#include "results/report/text.h"

namespace frostbyte::report {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kFewestNameColumns = 16;
constexpr std::size_t kBarColumns = 16;

class Painter {
 public:
  explicit Painter(Colour colour) : colour_(colour) {}
  [[nodiscard]] std::string bold(const std::string& text) const { return paint("1", text); }
  [[nodiscard]] std::string dim(const std::string& text) const { return paint("2", text); }
  [[nodiscard]] std::string warn(const std::string& text) const { return paint("33", text); }
  [[nodiscard]] std::string bad(const std::string& text) const { return paint("31", text); }
  [[nodiscard]] std::string cell(const Cell& cell, const std::string& padded) const {
    switch (cell.emphasis) {
      case Emphasis::best:
        return paint("32;1", padded);
      case Emphasis::bad:
        return bad(padded);
      case Emphasis::dim:
        return dim(padded);
      case Emphasis::plain:
        break;
    }
    return padded;
  }

 private:
  [[nodiscard]] std::string paint(const char* code, const std::string& text) const {
    if (colour_ == Colour::off || text.empty()) return text;
    return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
  }
  Colour colour_;
};

std::string padded(std::string_view text, std::size_t width, bool left) {
  const std::string space(width - std::min(width, width_of(text)), ' ');
  return left ? std::string(text) + space : space + std::string(text);
}

std::size_t column_width(const Column& column) {
  std::size_t width = std::max(width_of(column.heading), width_of(column.unit));
  for (const Cell& cell : column.cells) width = std::max(width, width_of(cell.text));
  return width;
}

std::size_t table_width(const std::vector<Column>& columns) {
  std::size_t width = columns.empty() ? 0 : (columns.size() - 1) * kGap;
  for (const Column& column : columns) width += column_width(column);
  return width;
}

/// Leaves out columns of the lowest rank until the rest fits, and at last shortens names. Returns the headings left
/// out.
std::vector<std::string> fit(std::vector<Column>& columns, std::size_t room, Charset charset) {
  std::vector<std::string> dropped;
  while (table_width(columns) > room) {
    auto least = columns.end();
    for (auto it = columns.begin(); it != columns.end(); ++it) {
      if (it->rank != 0 && (least == columns.end() || it->rank < least->rank)) least = it;
    }
    if (least == columns.end()) break;
    dropped.push_back(least->heading);
    columns.erase(least);
  }
  const std::size_t width = table_width(columns);
  if (width > room) {
    const std::size_t names = column_width(columns.front());
    const std::size_t target = std::max(kFewestNameColumns, names - std::min(names, width - room));
    for (Cell& cell : columns.front().cells) cell.text = shortened(cell.text, target, charset);
  }
  return dropped;
}

/// Words of `text` in lines of at most `width`, those after the first indented.
std::string wrapped(std::string_view first_prefix, std::string_view text, std::size_t width) {
  const std::size_t indent = width_of(first_prefix);
  std::string out(first_prefix);
  std::size_t used = indent;
  bool fresh = true;
  while (!text.empty()) {
    const std::size_t space = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, space);
    if (!fresh && used + 1 + width_of(word) > width) {
      out += "\n" + std::string(indent, ' ');
      used = indent;
      fresh = true;
    }
    if (!fresh) out += ' ';
    out += word;
    used += width_of(word) + (fresh ? 0 : 1);
    fresh = false;
    text.remove_prefix(std::min(text.size(), space + 1));
  }
  return out + "\n";
}

/// A bar of the median, as long as its part of the slowest.
std::string bar(double part, Charset charset) {
  static constexpr std::string_view kEighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const auto eighths = static_cast<std::size_t>(std::max(1.0, std::round(part * kBarColumns * 8)));
  if (charset == Charset::ascii) return std::string(std::max<std::size_t>(1, eighths / 8), '#');
  std::string text;
  for (std::size_t i = 0; i < eighths / 8; ++i) text += "█";
  return text + std::string(kEighths[eighths % 8]);
}

class Console {
 public:
  Console(const Report& report, const RenderOptions& options)
      : summary_(report.summary),
        checks_(report.checks),
        options_(options),
        paint_(options.colour),
        table_(make_table(report.summary, options.charset)) {
    add_bars();
    room_ = options.width > 1 ? options.width - 1 : 1;  // terminals wrap when the last column is written
    dropped_ = fit(table_.columns, room_, options.charset);
    for (const Column& column : table_.columns) widths_.push_back(column_width(column));
  }

  std::string render() {
    add_provenance();
    add_heading();
    for (const Group& group : table_.groups) add_group(group);
    out_ += '\n';
    add_footnotes();
    add_failures();
    add_warnings();
    add_checks();
    return std::move(out_);
  }

 private:
  void add_bars() {
    double slowest = 0;
    for (const Subject& subject : summary_.subjects) slowest = std::max(slowest, median_of(subject));
    if (summary_.subjects.size() < 2 || slowest <= 0) return;
    Column column{.heading = "", .unit = "", .rank = 10, .left = true};
    for (const Subject& subject : summary_.subjects) {
      const double median = median_of(subject);
      column.cells.push_back(
          {.text = median > 0 ? bar(median / slowest, options_.charset) : "", .emphasis = Emphasis::dim});
    }
    const auto after_factor = std::ranges::find(table_.columns, glyphs(options_.charset).times, &Column::heading);
    table_.columns.insert(after_factor == table_.columns.end() ? after_factor : after_factor + 1, std::move(column));
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

  template <class Text>
  std::string line(Text&& text_of) const {
    std::string text;
    for (std::size_t c = 0; c < table_.columns.size(); ++c) {
      if (c != 0) text += std::string(kGap, ' ');
      text += text_of(table_.columns[c], widths_[c]);
    }
    while (text.ends_with(' ')) text.pop_back();
    return text;
  }

  void add_heading() {
    const auto heading = [&](const Column& column, std::size_t width) {
      return padded(column.heading, width, column.left);
    };
    const auto unit = [&](const Column& column, std::size_t width) { return padded(column.unit, width, column.left); };
    out_ += paint_.bold(line(heading)) + "\n" + paint_.dim(line(unit)) + "\n";
  }

  void add_group(const Group& group) {
    if (!group.title.empty())
      out_ += paint_.dim(in_charset(printable(group.title, Charset::unicode), options_.charset)) + "\n";
    for (const std::size_t subject : group.subjects) {
      const bool floor = summary_.subjects[subject].floor;
      const std::string row = line([&](const Column& column, std::size_t width) {
        const Cell& cell = column.cells[subject];
        const std::string text = padded(cell.text, width, column.left);
        return floor && cell.emphasis != Emphasis::bad ? text : paint_.cell(cell, text);
      });
      out_ += (floor ? paint_.dim(row) : row) + "\n";
    }
  }

  void add_footnotes() {
    std::string notes = wrapped("", reading_aid(summary_, options_.charset), room_);
    for (const Column& column : table_.columns) {
      for (const std::string& footnote : column.footnotes) notes += wrapped("", footnote, room_);
    }
    std::erase(dropped_, "");
    if (!dropped_.empty()) {
      notes += wrapped(
          "", fmt::format("Without room at this width: {}; -o markdown=- has all columns.", fmt::join(dropped_, ", ")),
          room_);
    }
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
    for (const std::string& text : texts) {
      const std::string lines = wrapped("! ", text, room_);
      out_ += paint_.warn(lines.substr(0, lines.size() - 1)) + "\n";
    }
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
    const auto shown = [&](const std::string& text) {
      return in_charset(printable(text, Charset::unicode), options_.charset);
    };
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
  const std::span<const gate::Check> checks_;
  const RenderOptions& options_;
  Painter paint_;
  Table table_;
  std::size_t room_ = 80;
  std::vector<std::string> dropped_;
  std::vector<std::size_t> widths_;
  std::string out_;
};

}  // namespace

Result<std::string> render_console(const Report& report, const RenderOptions& options) {
  return Console(report, options).render();
}

}  // namespace frostbyte::report
