#include "results/report/groups.h"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <set>
#include <tuple>

namespace frostbyte::report {
namespace {

constexpr std::array<std::string_view, 6> kRegimes = {"workload", "contract",     "isolation",
                                                      "cache",    "memory_limit", "cpus"};
constexpr std::array<std::string_view, 5> kDescriptions = {"language", "framework", "linkage", "libc", "allocator"};

std::string label_of(const Subject& subject, std::string_view label) {
  const auto found = subject.labels.find(std::string(label));
  return found == subject.labels.end() ? "" : found->second;
}

std::size_t distinct_values(const Summary& summary, std::string_view label) {
  std::set<std::string> values;
  for (const Subject& subject : summary.subjects) {
    if (!subject.floor) values.insert(label_of(subject, label));
  }
  return values.size();
}

std::vector<std::string_view> grouping_labels(const Summary& summary) {
  std::vector<std::string_view> labels;
  if (summary.kind == summary::Kind::artifacts) return labels;
  std::ranges::copy_if(kRegimes, std::back_inserter(labels),
                       [&](auto label) { return distinct_values(summary, label) > 1; });
  if (!labels.empty()) return labels;
  const auto others = static_cast<std::size_t>(std::ranges::count(summary.subjects, false, &Subject::floor));
  for (const std::string_view label : kDescriptions) {
    const std::size_t values = distinct_values(summary, label);
    if (values > 1 && values < others) return {label};
  }
  return {};
}

std::string title_of(const Subject& subject, const std::vector<std::string_view>& labels) {
  std::string title;
  for (const std::string_view label : labels) {
    const std::string value = label_of(subject, label);
    title += (title.empty() ? "" : ", ") + std::string(label) + " " + (value.empty() ? "unset" : value);
  }
  return title;
}

double speed_of(const Subject& subject) {
  const Figure* headline = subject.figure(metric::kHeadline);
  const bool known = headline != nullptr && headline->distribution;
  return known ? headline->distribution->p50 : std::numeric_limits<double>::infinity();
}

void sort_rows(const Summary& summary, Group& group) {
  // The index last: subjects of one speed keep the plan's order, and so do numbers of instances, which are a ladder.
  const auto key = [&](std::size_t i) {
    const Subject& subject = summary.subjects[i];
    const bool ladder = subject.labels.contains("instances");
    return std::tuple(!subject.floor || ladder, ladder ? 0 : speed_of(subject), i);
  };
  std::ranges::sort(group.subjects, {}, key);
}

}  // namespace

std::vector<Group> group_subjects(const Summary& summary) {
  const std::vector<std::string_view> labels = grouping_labels(summary);
  std::vector<Group> groups;
  for (std::size_t i = 0; i < summary.subjects.size(); ++i) {
    const std::string title = title_of(summary.subjects[i], labels);
    auto group = std::ranges::find(groups, title, &Group::title);
    if (group == groups.end()) group = groups.insert(groups.end(), Group{.title = title});
    group->subjects.push_back(i);
  }
  for (Group& group : groups) sort_rows(summary, group);
  return groups;
}

std::string name_in_group(const Subject& subject, const Summary& summary) {
  const std::size_t bracket = subject.name.find('[');
  if (bracket == std::string::npos || !subject.name.ends_with(']')) return subject.name;
  std::string inside = "," + subject.name.substr(bracket + 1, subject.name.size() - bracket - 2) + ",";
  for (const std::string_view label : grouping_labels(summary)) {
    const std::string shared = "," + std::string(label) + "=" + label_of(subject, label) + ",";
    if (const std::size_t at = inside.find(shared); at != std::string::npos) inside.replace(at, shared.size(), ",");
  }
  if (inside == ",") return subject.name.substr(0, bracket);
  return subject.name.substr(0, bracket) + "[" + inside.substr(1, inside.size() - 2) + "]";
}

}  // namespace frostbyte::report
