#include "results/report/layout.h"

#include <fmt/format.h>

#include <algorithm>

#include "results/report/text.h"

namespace frostbyte::report {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kFewestNameColumns = 16;

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

}  // namespace

std::string Painter::cell(const Cell& cell, const std::string& padded) const {
  switch (cell.emphasis) {
    case Emphasis::best:
      return paint("32;1", padded);
    case Emphasis::warn:
      return warn(padded);
    case Emphasis::bad:
      return bad(padded);
    case Emphasis::dim:
      return dim(padded);
    case Emphasis::plain:
      break;
  }
  return padded;
}

std::string Painter::paint(const char* code, const std::string& text) const {
  if (colour_ == Colour::off || text.empty()) return text;
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

std::string padded(std::string_view text, std::size_t width, bool left) {
  const std::string space(width - std::min(width, width_of(text)), ' ');
  return left ? std::string(text) + space : space + std::string(text);
}

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

Grid::Grid(std::vector<Column> columns, std::size_t room, const RenderOptions& options)
    : columns_(std::move(columns)), paint_(options.colour), dropped_(fit(columns_, room, options.charset)) {
  for (const Column& column : columns_) widths_.push_back(column_width(column));
}

template <class Text>
std::string Grid::line(Text&& text_of) const {
  std::string text;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    if (c != 0) text += std::string(kGap, ' ');
    text += text_of(columns_[c], widths_[c]);
  }
  while (text.ends_with(' ')) text.pop_back();
  return text;
}

std::string Grid::heading() const {
  const auto title = [&](const Column& column, std::size_t width) {
    return padded(column.heading, width, column.left);
  };
  const auto unit = [&](const Column& column, std::size_t width) { return padded(column.unit, width, column.left); };
  std::string text = paint_.bold(line(title)) + "\n";
  const bool units = std::ranges::any_of(columns_, [](const Column& column) { return !column.unit.empty(); });
  return units ? text + paint_.dim(line(unit)) + "\n" : text;
}

std::string Grid::row(std::size_t index, Tone tone) const {
  const std::string text = line([&](const Column& column, std::size_t width) {
    const Cell& cell = column.cells[index];
    const std::string content = padded(cell.text, width, column.left);
    return tone == Tone::dim && cell.emphasis != Emphasis::bad ? content : paint_.cell(cell, content);
  });
  return (tone == Tone::dim ? paint_.dim(text) : text) + "\n";
}

}  // namespace frostbyte::report
