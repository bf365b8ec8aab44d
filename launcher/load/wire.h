// The bytes of a load's request. Internal to launcher/load.
#pragma once

#include <string>

#include "launcher/contract/client.h"
#include "launcher/function/workload.h"

namespace frostbyte::load {

/// As a launch sends it, but the connection is kept unless the workload itself says otherwise.
std::string keep_alive_wire(const function::Request& request, const contract::Address& server);

}  // namespace frostbyte::load
