// Which isolation a sweep uses on this host. Asked for, it must be had; not asked for, it is full as far as this host
// can, and what is left out is said.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "launcher/base/result.h"
#include "launcher/sandbox/capability.h"
#include "launcher/sandbox/isolation.h"

namespace frostbyte::commands {

using PartProbe = std::function<std::vector<sandbox::PartStatus>()>;

struct IsolationChoice {
  std::vector<sandbox::Isolation> isolations;  ///< never empty
  std::vector<std::string> notes;              ///< one for each part of full that was left out
};

/// The texts of --isolation. Errors: not an isolation.
Result<std::vector<sandbox::Isolation>> parse_isolations(const std::vector<std::string>& texts);

/// `asked` is empty when there was no --isolation. Errors: a part asked for is not available, with its reason.
Result<IsolationChoice> choose_isolations(const std::vector<sandbox::Isolation>& asked, const PartProbe& probe);

}  // namespace frostbyte::commands
