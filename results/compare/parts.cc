#include "results/compare/parts.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <tuple>

namespace frostbyte::compare {
namespace {

auto name_of(const Part& part) { return std::tie(part.group, part.name); }

PartDifference one_sided(const Part& part, PartChange change) {
  const bool added = change == PartChange::added;
  return {.group = part.group,
          .name = part.name,
          .change = change,
          .base_bytes = added ? 0 : part.bytes,
          .candidate_bytes = added ? part.bytes : 0,
          .where = part.where};
}

bool same_content(const Part& a, const Part& b) {
  return a.content.empty() || b.content.empty() || a.content == b.content;
}

/// Of two parts of one name, where they differ.
void add_change(const Part& base, const Part& candidate, std::vector<PartDifference>& found) {
  PartChange change = PartChange::changed;
  if (base.bytes != candidate.bytes) {
    change = candidate.bytes > base.bytes ? PartChange::grown : PartChange::shrunk;
  } else if (!same_content(base, candidate)) {
    change = PartChange::changed;
  } else if (base.attributes != candidate.attributes) {
    change = PartChange::attributes;
  } else {
    return;
  }
  found.push_back({.group = base.group,
                   .name = base.name,
                   .change = change,
                   .base_bytes = base.bytes,
                   .candidate_bytes = candidate.bytes,
                   .where = candidate.where});
}

/// Pairs what is gone with what is new where the content is the same. Empty parts are alike without being the same.
void find_moves(const std::vector<const Part*>& gone, std::vector<const Part*>& added,
                std::vector<PartDifference>& found) {
  using Key = std::tuple<std::string_view, std::string_view, std::int64_t>;
  const auto key = [](const Part& part) { return Key(part.group, part.content, part.bytes); };
  std::multimap<Key, const Part*> by_content;
  for (const Part* part : added)
    if (!part->content.empty() && part->bytes > 0) by_content.emplace(key(*part), part);
  std::vector<const Part*> moved;
  for (const Part* part : gone) {
    const auto to = by_content.find(key(*part));
    if (part->content.empty() || to == by_content.end()) {
      found.push_back(one_sided(*part, PartChange::removed));
      continue;
    }
    found.push_back({.group = part->group,
                     .name = to->second->name,
                     .change = PartChange::moved,
                     .base_bytes = part->bytes,
                     .candidate_bytes = part->bytes,
                     .from = part->name,
                     .where = to->second->where});
    moved.push_back(to->second);
    by_content.erase(to);
  }
  std::ranges::sort(moved);
  std::erase_if(added, [&](const Part* part) { return std::ranges::binary_search(moved, part); });
}

}  // namespace

std::string_view to_string(PartChange change) {
  constexpr std::array<std::string_view, 7> kNames = {"added",   "removed",    "grown", "shrunk",
                                                      "changed", "attributes", "moved"};
  return kNames[static_cast<std::size_t>(change)];
}

std::vector<PartDifference> difference(std::vector<Part> base, std::vector<Part> candidate) {
  std::ranges::sort(base);
  std::ranges::sort(candidate);
  std::vector<PartDifference> found;
  std::vector<const Part*> gone;
  std::vector<const Part*> added;
  auto b = base.begin();
  auto c = candidate.begin();
  while (b != base.end() || c != candidate.end()) {
    if (c == candidate.end() || (b != base.end() && name_of(*b) < name_of(*c))) {
      gone.push_back(&*b++);
    } else if (b == base.end() || name_of(*c) < name_of(*b)) {
      added.push_back(&*c++);
    } else {
      add_change(*b++, *c++, found);
    }
  }
  find_moves(gone, added, found);
  for (const Part* part : added) found.push_back(one_sided(*part, PartChange::added));
  std::ranges::sort(found, [](const PartDifference& x, const PartDifference& y) {
    const auto key = [](const PartDifference& d) { return std::tie(d.group, d.name, d.from); };
    const auto size = [](const PartDifference& d) { return std::llabs(d.growth()); };
    return size(x) != size(y) ? size(x) > size(y) : key(x) < key(y);
  });
  return found;
}

}  // namespace frostbyte::compare
