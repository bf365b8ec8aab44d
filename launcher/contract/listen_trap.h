// listen(2) of a function, caught before it happens (seccomp user notification), so that readiness needs no polling.
// The launcher listens on the function's behalf, connects and sends, and only then lets the call return: the request is
// in the accept queue before the function knows that it listens.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "launcher/base/fd.h"
#include "launcher/contract/client.h"
#include "launcher/contract/watch.h"

namespace frostbyte::contract {

struct TrappedCall {
  std::uint64_t id = 0;
  pid_t thread = 0;  ///< in the launcher's pid namespace
  int number = 0;    ///< SYS_listen or SYS_io_uring_setup
  int socket = -1;   ///< the function's descriptor, for listen
  int backlog = 0;
};

/// Takes the waiting notification. Nothing: the caller died meanwhile.
std::optional<TrappedCall> receive_trapped(int notifications);

/// Lets the kernel carry the call out after all.
void let_through(int notifications, const TrappedCall& call);
/// Ends the call for the function: 0, or -1 with `error` as errno.
void end_call(int notifications, const TrappedCall& call, int error);

/// A duplicate of the function's socket. Errors: errno of pidfd_open or pidfd_getfd (EPERM under Yama or without
/// rights).
Result<Fd> copy_socket(const TrappedCall& call, pid_t child, int child_pidfd);

/// A call trapped when nobody waits for it any more (another worker's listen): taken and let through.
void let_late_call_through(Watch& watch);

}  // namespace frostbyte::contract
