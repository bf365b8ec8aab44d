// Which subjects stand together. Internal to results/report.
#pragma once

#include <string>
#include <vector>

#include "results/report/table.h"

namespace frostbyte::report {

/// By the labels that name a regime (isolation, cache, contract, limits …) and differ between subjects, because figures
/// of two regimes say nothing about two functions; without those, by the first descriptive label (language …) that
/// makes at least two groups of which one holds several subjects.
std::vector<Group> group_subjects(const Summary& summary);

/// The subject's name as it reads under its group's title, which already names the settings the group shares.
std::string name_in_group(const Subject& subject, const Summary& summary);

}  // namespace frostbyte::report
