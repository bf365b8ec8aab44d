// Names a process beyond the reuse of its pid: what we leave in a file system carries this name, so that another
// launcher can tell whether its owner still lives.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "launcher/base/result.h"

namespace frostbyte {

struct ProcessName {
  pid_t pid = 0;
  std::uint64_t start = 0;  ///< clock ticks after boot, field 22 of /proc/PID/stat
  bool operator==(const ProcessName&) const = default;
};

/// Errors: the process is gone (ENOENT, ESRCH).
Result<ProcessName> name_process(pid_t pid);

/// "PID-START", and back from the beginning of `text`, which may go on after another '-'.
std::string to_string(const ProcessName& name);
std::optional<ProcessName> parse_process_name(std::string_view text);

/// True unless the pid is free or has been given to a process that started at another time.
bool is_alive(const ProcessName& name);

}  // namespace frostbyte
