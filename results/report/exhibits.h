// Exhibits as the columns that console and markdown share, and as bars. Internal to results/report.
#pragma once

#include <string>
#include <vector>

#include "results/report/render.h"
#include "results/report/table.h"

namespace frostbyte::report {

using summary::Exhibit;

/// A bar of `columns` columns at most, as long as its part of the whole; never empty.
std::string bar(double part, std::size_t columns, Charset charset);

/// The exhibit's columns with every number in words, bars as a column of their own. `room` is how many columns a
/// terminal has; texts that give way are cut until the rest fits it. 0: nothing is cut, and there are no bars.
std::vector<Column> exhibit_columns(const Exhibit& exhibit, std::size_t room, Charset charset);

/// Which of the subjects' tables says anything: a single artifact's would repeat what its exhibits say.
bool has_table(const Summary& summary);

}  // namespace frostbyte::report
