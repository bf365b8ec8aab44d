// Which candidate is compared with which base, from what the command line names.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "launcher/base/result.h"

namespace frostbyte::commands {

/// One variant of one of the runs a comparison draws on.
struct Member {
  std::string name;
  std::size_t source = 0;     ///< which run
  std::uint32_t variant = 0;  ///< index in it
};

/// What one argument stands for: a function's variants, those of a saved run, or one of them.
struct Group {
  std::string argument;  ///< as typed, for messages
  std::vector<Member> members;
};

struct MemberPair {
  Member base;
  Member candidate;
};

/// The first group is the base. Of one variant: all others are compared with it. Of several: each candidate with the
/// one of its name, else with the one of its settings ("[LOG=on]"). A group alone: its first variant is the base of its
/// others. Errors: nothing to compare; a candidate that has no counterpart.
Result<std::vector<MemberPair>> pair_up(const std::vector<Group>& groups);

/// Gives members of different sources different names, as "FILE#NAME": candidates keep theirs as far as they can,
/// because budgets and people call them by it. `sources` are the files' names, empty for what is launched.
void tell_apart(std::vector<MemberPair>& pairs, const std::vector<std::string>& sources);

}  // namespace frostbyte::commands
