// Which parts of a sandbox a launch gets: the vocabulary of --isolation. What each part does is in the file named after
// it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "launcher/base/result.h"

namespace frostbyte::sandbox {

enum class Part : std::uint8_t {
  mount,           ///< mount namespace with its own root (pivot_root)
  pid,             ///< pid namespace: the function is pid 1
  net,             ///< network namespace with only a loopback interface
  ipc,             ///< System V and POSIX message queue namespace
  uts,             ///< host name namespace
  cgroup_ns,       ///< cgroup namespace
  user,            ///< the launch runs in a user namespace (always so when the launcher is not root)
  cgroup,          ///< a cgroup of its own, with limits
  capabilities,    ///< all capabilities dropped
  no_new_privs,    ///< no_new_privs set
  syscall_filter,  ///< a seccomp filter refuses system calls no HTTP function needs
};
inline constexpr std::size_t kPartCount = 11;

std::string_view to_string(Part part);

/// Every part, in the order of the enumeration.
std::span<const Part> all_parts();

/// A set of parts. Value type.
class Isolation {
 public:
  static Isolation none();
  static Isolation namespaces();  ///< every namespace but user; no cgroup, capabilities, filter
  static Isolation full();        ///< everything but user

  /// "none", "namespaces", "full", followed by any of ",+part" ",-part"; a bare part name adds it: "none,net,pid".
  static Result<Isolation> parse(std::string_view text);

  [[nodiscard]] bool has(Part part) const { return ((bits_ >> static_cast<unsigned>(part)) & 1u) != 0; }
  Isolation& set(Part part);
  Isolation& clear(Part part);

  /// The shortest text that parses to this set: "full", "full,-net".
  [[nodiscard]] std::string to_string() const;

  bool operator==(const Isolation&) const = default;

 private:
  std::uint16_t bits_ = 0;
};

}  // namespace frostbyte::sandbox
