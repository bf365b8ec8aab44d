#include "launcher/commands/compare_pairs.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "launcher/base/nearest.h"

namespace frostbyte::commands {
namespace {

/// "[LOG=on]" of "alpha[LOG=on]"; empty for a name without settings.
std::string settings_of(const std::string& name) {
  const std::size_t bracket = name.find('[');
  return bracket == std::string::npos ? "" : name.substr(bracket);
}

Result<Member> counterpart(const Group& base, const Member& candidate) {
  if (base.members.size() == 1) return base.members.front();
  const auto by_name = std::ranges::find(base.members, candidate.name, &Member::name);
  if (by_name != base.members.end()) return *by_name;
  const std::string settings = settings_of(candidate.name);
  const auto same_settings = [&](const Member& member) { return settings_of(member.name) == settings; };
  if (!settings.empty() && std::ranges::count_if(base.members, same_settings) == 1)
    return *std::ranges::find_if(base.members, same_settings);
  std::vector<std::string> names;
  for (const Member& member : base.members) names.push_back(member.name);
  return failure("compare", candidate.name, fmt::format("{} has several variants and none of that name", base.argument),
                 did_you_mean(candidate.name, names) + "it has: " + listing(names) + "; name one: RUN.jsonl#VARIANT");
}

}  // namespace

Result<std::vector<MemberPair>> pair_up(const std::vector<Group>& groups) {
  std::vector<MemberPair> pairs;
  if (groups.size() == 1) {
    const auto& members = groups.front().members;
    for (std::size_t i = 1; i < members.size(); ++i)
      pairs.push_back({.base = members.front(), .candidate = members[i]});
  }
  for (std::size_t i = 1; i < groups.size(); ++i) {
    for (const Member& candidate : groups[i].members)
      pairs.push_back({.base = TRY(counterpart(groups.front(), candidate)), .candidate = candidate});
  }
  if (!pairs.empty()) return pairs;
  return failure("compare", groups.empty() ? "" : groups.front().argument, "there is nothing to compare it with",
                 "frostbyte compare BASE CANDIDATE, or vary a setting: -L LOG=on,off");
}

void tell_apart(std::vector<MemberPair>& pairs, const std::vector<std::string>& sources) {
  std::map<std::string, std::pair<std::size_t, std::uint32_t>> taken;
  const auto claim = [&](Member& member) {
    const auto identity = std::pair(member.source, member.variant);
    if (taken.try_emplace(member.name, identity).first->second == identity) return;
    member.name =
        fmt::format("{}#{}", sources[member.source].empty() ? "launched" : sources[member.source], member.name);
    taken.try_emplace(member.name, identity);
  };
  for (MemberPair& pair : pairs) claim(pair.candidate);
  for (MemberPair& pair : pairs) claim(pair.base);
}

}  // namespace frostbyte::commands
