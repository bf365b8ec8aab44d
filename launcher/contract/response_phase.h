// The last phase of the `port` and `listen-fds` contracts: the request is sent, the response is awaited and judged.
#pragma once

#include "launcher/contract/client.h"
#include "launcher/contract/contract.h"
#include "launcher/contract/http.h"

namespace frostbyte::contract {

/// Reads one response from `socket`, stamps `first_byte` and `response`, and checks it against the workload.
Conclusion await_response(Watch& watch, int socket, const function::Workload& workload, Timeline& timeline);

}  // namespace frostbyte::contract
