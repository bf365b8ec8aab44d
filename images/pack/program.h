// Programs of this host that recipes need: started without a shell, their output read to its end. Internal to
// images/pack.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "launcher/base/result.h"

namespace frostbyte::pack {

using Environment = std::vector<std::pair<std::string, std::string>>;

/// What it writes on standard output, at most 16 MiB. Errors: it is not there, or ends with another status than 0 (the
/// end of what it wrote on standard error is the cause).
Result<std::string> output_of(const std::vector<std::string>& words, const Environment& further = {});

}  // namespace frostbyte::pack
