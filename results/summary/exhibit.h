// A table that belongs to one subject: what its figures consist of, piece by piece. Plain data, rendered by every
// format that has room for it; formats know neither what the rows are nor where they come from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "results/metric/metric.h"

namespace frostbyte::summary {

/// Nothing, a number in its column's unit, or a text from anywhere: renderers make it safe.
using Value = std::variant<std::monostate, std::int64_t, std::string>;

struct ExhibitColumn {
  std::string name{};                  ///< for programs: "created_by"
  std::string heading{};               ///< for people; may be empty
  std::optional<metric::Unit> unit{};  ///< of its numbers; none: texts
  int rank = 0;                        ///< the lowest are left out first where there is no room; 0 never is
  /// Which end of a text is cut off where there is no room for it; at most one column of an exhibit gives way.
  enum class GivesWay : std::uint8_t { no, at_its_end, at_its_beginning } gives_way = GivesWay::no;
};

struct Exhibit {
  std::string name{};   ///< for programs: "layers"
  std::string title{};  ///< for people
  std::vector<ExhibitColumn> columns{};
  std::vector<std::vector<Value>> rows{};  ///< one value a column
  /// Empty, or one a row: rows are a tree, in depth-first order. The first column holds whole paths; people are shown
  /// what they add to their parent's.
  std::vector<std::uint32_t> depths{};
  std::optional<std::size_t> bars{};  ///< the column whose numbers are drawn as well
  std::int64_t whole = 0;             ///< what a full bar stands for
  std::vector<std::string> notes{};   ///< sentences below the table
};

}  // namespace frostbyte::summary
