// What a sweep would do, in words.
#pragma once

#include <string>

#include "launcher/sweep/plan.h"

namespace frostbyte::commands {

std::string dry_run_text(const sweep::Plan& plan);

}  // namespace frostbyte::commands
