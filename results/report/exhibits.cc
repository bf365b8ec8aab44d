#include "results/report/exhibits.h"

#include <algorithm>
#include <cmath>

#include "results/report/text.h"

namespace frostbyte::report {
namespace {

using summary::ExhibitColumn;
using summary::Value;
using GivesWay = ExhibitColumn::GivesWay;

constexpr std::size_t kBarColumns = 20;
constexpr std::size_t kFewestTextColumns = 16;
constexpr std::size_t kGap = 2;

/// What a row of a tree adds to its parent's path, indented.
std::vector<std::string> tree_names(const Exhibit& exhibit) {
  std::vector<std::string> names;
  std::vector<std::string> above;
  for (std::size_t i = 0; i < exhibit.rows.size(); ++i) {
    const std::string* path = std::get_if<std::string>(&exhibit.rows[i].front());
    const std::string full = path == nullptr ? "" : *path;
    above.resize(std::min<std::size_t>(above.size(), exhibit.depths[i]));
    const std::string parent = above.empty() ? "" : above.back();
    const bool below = !parent.empty() && full.size() > parent.size() && full.starts_with(parent);
    names.push_back(std::string(2 * exhibit.depths[i], ' ') + (below ? full.substr(parent.size()) : full));
    above.resize(exhibit.depths[i]);
    above.push_back(full);
  }
  return names;
}

std::string text_of(const Value& value, const ExhibitColumn& column, Charset charset) {
  if (const auto* number = std::get_if<std::int64_t>(&value))
    return in_charset(in_words(column.unit.value_or(metric::Unit::count), static_cast<double>(*number)), charset);
  const auto* text = std::get_if<std::string>(&value);
  return text == nullptr ? "" : in_charset(printable(*text, Charset::unicode), charset);
}

/// The last `width` columns, the first of them an ellipsis when something was cut.
std::string ending(std::string_view text, std::size_t width, Charset charset) {
  std::size_t columns = width_of(text);
  if (columns <= width) return std::string(text);
  while (columns + 1 > width && !text.empty()) {
    text.remove_prefix(1);
    while (!text.empty() && (static_cast<unsigned char>(text.front()) & 0xC0) == 0x80) text.remove_prefix(1);
    --columns;
  }
  return std::string(charset == Charset::unicode ? "…" : "~") + std::string(text);
}

std::size_t width_of_column(const Column& column) {
  std::size_t width = width_of(column.heading);
  for (const Cell& cell : column.cells) width = std::max(width, width_of(cell.text));
  return width;
}

/// Columns that may be left out give way last: a shortened path says more than a missing figure.
void give_way(const Exhibit& exhibit, std::vector<Column>& columns, std::size_t room, Charset charset) {
  std::size_t total = columns.empty() ? 0 : (columns.size() - 1) * kGap;
  for (const Column& column : columns) total += width_of_column(column);
  for (std::size_t c = 0; c < exhibit.columns.size(); ++c) {
    const GivesWay way = exhibit.columns[c].gives_way;
    if (way == GivesWay::no || total <= room) continue;
    const std::size_t width = width_of_column(columns[c]);
    const std::size_t target = std::max(kFewestTextColumns, width - std::min(width, total - room));
    for (Cell& cell : columns[c].cells)
      cell.text =
          way == GivesWay::at_its_end ? shortened(cell.text, target, charset) : ending(cell.text, target, charset);
  }
}

Column bars_of(const Exhibit& exhibit, Charset charset) {
  Column column{.rank = 1, .left = true};
  for (const auto& row : exhibit.rows) {
    const auto* number = std::get_if<std::int64_t>(&row[*exhibit.bars]);
    const bool drawn = number != nullptr && *number > 0 && exhibit.whole > 0;
    const double part = drawn ? std::min(1.0, static_cast<double>(*number) / static_cast<double>(exhibit.whole)) : 0;
    column.cells.push_back({.text = drawn ? bar(part, kBarColumns, charset) : "", .emphasis = Emphasis::dim});
  }
  return column;
}

}  // namespace

std::string bar(double part, std::size_t columns, Charset charset) {
  static constexpr std::string_view kEighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const auto eighths = static_cast<std::size_t>(std::max(1.0, std::round(part * static_cast<double>(columns) * 8)));
  if (charset == Charset::ascii) return std::string(std::max<std::size_t>(1, eighths / 8), '#');
  std::string text;
  for (std::size_t i = 0; i < eighths / 8; ++i) text += "█";
  return text + std::string(kEighths[eighths % 8]);
}

std::vector<Column> exhibit_columns(const Exhibit& exhibit, std::size_t room, Charset charset) {
  std::vector<Column> columns;
  for (std::size_t c = 0; c < exhibit.columns.size(); ++c) {
    const ExhibitColumn& from = exhibit.columns[c];
    Column& column = columns.emplace_back(
        Column{.heading = in_charset(from.heading, charset), .rank = from.rank, .left = !from.unit.has_value()});
    for (const auto& row : exhibit.rows) column.cells.push_back({.text = text_of(row[c], from, charset)});
  }
  if (!exhibit.depths.empty()) {
    const std::vector<std::string> names = tree_names(exhibit);
    for (std::size_t i = 0; i < names.size(); ++i)
      columns.front().cells[i].text = in_charset(printable(names[i], Charset::unicode), charset);
  }
  if (room == 0) return columns;
  give_way(exhibit, columns, room - std::min(room, exhibit.bars ? kBarColumns + kGap : 0), charset);
  if (exhibit.bars)
    columns.insert(columns.begin() + static_cast<std::ptrdiff_t>(*exhibit.bars) + 1, bars_of(exhibit, charset));
  return columns;
}

bool has_table(const Summary& summary) {
  return summary.kind != summary::Kind::artifacts || summary.subjects.size() > 1;
}

}  // namespace frostbyte::report
