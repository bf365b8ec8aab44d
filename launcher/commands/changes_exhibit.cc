#include "launcher/commands/changes_exhibit.h"

#include <fmt/format.h>

#include <cstdlib>
#include <map>

#include "launcher/commands/weighed.h"
#include "results/metric/quantity.h"

namespace frostbyte::commands {
namespace {

using compare::PartChange;
using compare::PartDifference;
using summary::Exhibit;

std::string signed_size(std::int64_t bytes) {
  const std::string text = metric::in_words(metric::Unit::bytes, static_cast<double>(std::llabs(bytes)));
  return bytes == 0 ? "0 B" : (bytes < 0 ? "-" : "+") + text;
}

/// "3 added +2.00 MiB, 1 removed -1.00 KiB, 2 moved".
std::string tally(const std::vector<PartDifference>& differences) {
  std::map<PartChange, std::pair<std::size_t, std::int64_t>> sums;
  for (const PartDifference& one : differences) {
    auto& [count, growth] = sums[one.change];
    ++count;
    growth += one.growth();
  }
  std::string text;
  for (const auto& [change, sum] : sums) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", sum.first, to_string(change));
    if (sum.second != 0) text += " " + signed_size(sum.second);
  }
  return text;
}

Exhibit exhibit_of(const std::string& group, const std::vector<PartDifference>& differences, std::size_t top) {
  Exhibit exhibit{.name = "changed_" + group + "s",
                  .title = fmt::format("changed {}s: {}", group, tally(differences)),
                  .columns = {text_column("change", ""), text_column("growth", "growth"),
                              bytes_column("before", "before", 3), bytes_column("after", "after", 2),
                              text_column("where", "in", summary::ExhibitColumn::GivesWay::no, 1),
                              text_column("name", group, summary::ExhibitColumn::GivesWay::at_its_beginning)}};
  for (const PartDifference& one : differences) {
    if (exhibit.rows.size() == top) break;
    const std::string name = one.from.empty() ? one.name : one.from + " → " + one.name;
    exhibit.rows.push_back({std::string(to_string(one.change)), signed_size(one.growth()), one.base_bytes,
                            one.candidate_bytes, one.where, name});
  }
  if (differences.size() > top)
    exhibit.notes.push_back(fmt::format("{} more; --top shows them.", differences.size() - top));
  return exhibit;
}

}  // namespace

std::vector<Exhibit> change_exhibits(const std::vector<compare::Part>& base,
                                     const std::vector<compare::Part>& candidate, std::size_t top) {
  std::map<std::string, std::vector<PartDifference>> groups;
  for (PartDifference& one : compare::difference(base, candidate)) groups[one.group].push_back(std::move(one));
  std::vector<Exhibit> exhibits;
  for (const auto& [group, differences] : groups) exhibits.push_back(exhibit_of(group, differences, top));
  if (exhibits.empty()) exhibits.push_back({.name = "changes", .title = "nothing differs, piece by piece"});
  return exhibits;
}

}  // namespace frostbyte::commands
