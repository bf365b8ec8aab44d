// An input of `frostbyte audit`, weighed: what reports, comparisons and saved audits are made of, whatever it was.
#pragma once

#include <string>
#include <vector>

#include "results/compare/parts.h"
#include "results/record/header.h"
#include "results/summary/exhibit.h"

namespace frostbyte::commands {

struct Weighed {
  record::VariantInfo info{};  ///< name, labels, figures
  std::string description{};   ///< what it is, in a few words
  std::vector<summary::Exhibit> exhibits{};
  std::vector<compare::Part> parts{};  ///< filled when they are to be compared or saved
};

/// Columns of exhibits in one line each.
inline summary::ExhibitColumn text_column(
    std::string name, std::string heading,
    summary::ExhibitColumn::GivesWay gives_way = summary::ExhibitColumn::GivesWay::no, int rank = 0) {
  return {.name = std::move(name), .heading = std::move(heading), .rank = rank, .gives_way = gives_way};
}
inline summary::ExhibitColumn bytes_column(std::string name, std::string heading, int rank = 0) {
  return {.name = std::move(name), .heading = std::move(heading), .unit = metric::Unit::bytes, .rank = rank};
}
inline summary::ExhibitColumn count_column(std::string name, std::string heading, int rank = 0) {
  return {.name = std::move(name), .heading = std::move(heading), .unit = metric::Unit::count, .rank = rank};
}

}  // namespace frostbyte::commands
