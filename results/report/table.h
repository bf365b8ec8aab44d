// The table of variants that console and markdown share: which columns there are, in which unit, which rows stand
// together and in which order. Not here: how a cell is padded, coloured or quoted. Internal to results/report.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "results/report/render.h"
#include "results/summary/summary.h"

namespace frostbyte::report {

struct Glyphs {
  std::string_view plus_minus, times, none, separator, micro, at_least;
};
const Glyphs& glyphs(Charset charset);

/// Replaces our own non-ASCII signs when the charset asks for it.
std::string in_charset(std::string_view text, Charset charset);

enum class Emphasis : std::uint8_t { plain, dim, best, warn, bad };

struct Cell {
  std::string text{};
  Emphasis emphasis = Emphasis::plain;
};

struct Column {
  std::string heading{};
  std::string unit{};
  /// Columns of the lowest rank are left out first where there is no room; 0 is never left out.
  int rank = 0;
  bool left = false;                     ///< alignment; numbers stand right
  std::vector<Cell> cells{};             ///< one a subject, in the summary's order
  std::vector<std::string> footnotes{};  ///< what signs in its cells mean
};

/// Subjects that may be compared with one another.
struct Group {
  std::string title{};                  ///< "isolation none, cache cold"; empty for the only group
  std::vector<std::size_t> subjects{};  ///< the floor first, then fastest first, those without a figure last
};

struct Table {
  std::vector<Column> columns{};
  std::vector<Group> groups{};
};

Table make_table(const Summary& summary, Charset charset);

}  // namespace frostbyte::report
