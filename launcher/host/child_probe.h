// Children of the doctor: probes that change the state of a process run in one, and are gone when it is.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <type_traits>

#include "launcher/base/result.h"
#include "launcher/base/units.h"

namespace frostbyte::host {

/// Makes a child by clone3(2) with these flags and CLONE_PIDFD, which exits at once, and reaps it.
/// Returns 0 or the errno of clone3. `cgroup` is a directory's descriptor for CLONE_INTO_CGROUP.
int try_clone3(std::uint64_t flags, int cgroup = -1);

/// Forks, runs `probe` in the child and returns the bytes it gave. The child dies with the doctor and at the deadline.
/// Errors: no fork, the deadline passed (ETIMEDOUT), the child died without an answer.
Result<std::string> bytes_from_child(const std::function<std::string()>& probe, Nanos deadline);

/// The same for a reading that is plain data.
template <class Probe, class Reading = std::invoke_result_t<Probe>>
  requires std::is_trivially_copyable_v<Reading>
Result<Reading> in_child(const Probe& probe, Nanos deadline = std::chrono::seconds(5)) {
  const std::string bytes = TRY(bytes_from_child(
      [&] {
        const Reading reading = probe();
        return std::string(reinterpret_cast<const char*>(&reading), sizeof reading);
      },
      deadline));
  if (bytes.size() != sizeof(Reading))
    return failure("read the answer of", "a probe", "the child ended without giving it");
  Reading reading;
  bytes.copy(reinterpret_cast<char*>(&reading), sizeof reading);
  return reading;
}

/// What a step that can only fail by errno gave, in words: "works" or "EPERM: Operation not permitted".
std::string describe_errno(int code);

/// In a child: enters a new user namespace with the caller's ids mapped to root. Returns 0 or an errno.
int enter_user_namespace_in_child();

/// Whether this process may do in the initial namespaces what a sandbox needs (CAP_SYS_ADMIN).
bool has_admin_capability();

}  // namespace frostbyte::host
