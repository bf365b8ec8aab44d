// The AWS Lambda Runtime API, served by the launcher inside the function's network: an unmodified custom runtime asks
// for its invocation and posts the response, so both ends of the measurement are the launcher's own receive stamps.
#pragma once

#include "launcher/contract/contract.h"

namespace frostbyte::contract {

Result<std::unique_ptr<Contract>> open_lambda(const Terms& terms);

}  // namespace frostbyte::contract
