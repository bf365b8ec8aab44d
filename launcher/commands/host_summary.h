// The one line about the host that stands above every table.
#pragma once

#include <string>

#include "results/record/header.h"

namespace frostbyte::commands {

/// Of host::host_facts: "AMD EPYC 7763, 2 CPUs, Linux 6.1.0, cgroup hybrid". What is not known is left out.
std::string host_summary(const record::Json& facts);

}  // namespace frostbyte::commands
