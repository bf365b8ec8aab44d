// How a table and its sentences are laid out in a terminal: widths, colours, line breaks. Internal to results/report.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "results/report/render.h"
#include "results/report/table.h"

namespace frostbyte::report {

class Painter {
 public:
  explicit Painter(Colour colour) : colour_(colour) {}
  [[nodiscard]] std::string bold(const std::string& text) const { return paint("1", text); }
  [[nodiscard]] std::string dim(const std::string& text) const { return paint("2", text); }
  [[nodiscard]] std::string warn(const std::string& text) const { return paint("33", text); }
  [[nodiscard]] std::string bad(const std::string& text) const { return paint("31", text); }
  [[nodiscard]] std::string cell(const Cell& cell, const std::string& padded) const;

 private:
  [[nodiscard]] std::string paint(const char* code, const std::string& text) const;
  Colour colour_;
};

std::string padded(std::string_view text, std::size_t width, bool left);

/// Words of `text` in lines of at most `width`, those after the first indented. Ends in a newline.
std::string wrapped(std::string_view first_prefix, std::string_view text, std::size_t width);

/// Columns side by side, as many as fit.
class Grid {
 public:
  /// Leaves out columns of the lowest rank until the rest fits `room`, and at last shortens the first column.
  Grid(std::vector<Column> columns, std::size_t room, const RenderOptions& options);

  [[nodiscard]] const std::vector<Column>& columns() const { return columns_; }
  /// Headings of the columns that were left out.
  [[nodiscard]] const std::vector<std::string>& dropped() const { return dropped_; }
  /// Headings and units, a line each; the units' only where there is one.
  [[nodiscard]] std::string heading() const;
  /// One line, without colours for `Tone::dim` but that of bad cells.
  enum class Tone : std::uint8_t { coloured, dim };
  [[nodiscard]] std::string row(std::size_t index, Tone tone = Tone::coloured) const;

 private:
  template <class Text>
  [[nodiscard]] std::string line(Text&& text_of) const;

  std::vector<Column> columns_;
  Painter paint_;
  std::vector<std::size_t> widths_;
  std::vector<std::string> dropped_;
};

}  // namespace frostbyte::report
