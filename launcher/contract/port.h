// The contract of Cloud Run and Knative: serve HTTP on $PORT. Ready is the moment the function calls listen(2), trapped
// by seccomp; where that cannot be, readiness is probed for, and the sample says so.
#pragma once

#include "launcher/contract/contract.h"

namespace frostbyte::contract {

Result<std::unique_ptr<Contract>> open_port(const Terms& terms);

}  // namespace frostbyte::contract
