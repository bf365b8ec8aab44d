// Socket activation (sd_listen_fds): the function inherits descriptor 3, which already listens and already holds the
// request. Binding and listening are not part of what is measured: figures of this contract are a thing of their own.
#pragma once

#include "launcher/contract/contract.h"

namespace frostbyte::contract {

Result<std::unique_ptr<Contract>> open_listen_fds(const Terms& terms);

}  // namespace frostbyte::contract
