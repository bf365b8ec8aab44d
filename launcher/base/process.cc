#include "launcher/base/process.h"

#include <signal.h>

#include <cerrno>
#include <charconv>
#include <concepts>

#include "launcher/base/file.h"

namespace frostbyte {
namespace {

constexpr int kStartField = 22;  // proc_pid_stat(5), counted from 1

/// Takes digits from the front of `text`; false, and `text` spoilt, when there are none.
template <std::integral Number>
bool take_number(std::string_view& text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 0) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

}  // namespace

Result<ProcessName> name_process(pid_t pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/stat";
  const std::string stat = TRY(read_file(path));
  // The command, field 2, may itself hold spaces and parentheses: fields are counted from the last ')'.
  std::size_t at = stat.rfind(')');
  for (int field = 2; field < kStartField && at != std::string::npos; ++field) at = stat.find(' ', at + 1);
  std::string_view rest = at == std::string::npos ? std::string_view() : std::string_view(stat).substr(at + 1);
  ProcessName name{.pid = pid};
  if (!take_number(rest, name.start))
    return failure("read the start time in", path, "not as proc_pid_stat(5) describes");
  return name;
}

std::string to_string(const ProcessName& name) { return std::to_string(name.pid) + "-" + std::to_string(name.start); }

std::optional<ProcessName> parse_process_name(std::string_view text) {
  ProcessName name;
  if (!take_number(text, name.pid) || name.pid == 0 || !text.starts_with('-')) return std::nullopt;
  text.remove_prefix(1);
  if (!take_number(text, name.start) || (!text.empty() && text.front() != '-')) return std::nullopt;
  return name;
}

bool is_alive(const ProcessName& name) {
  const Result<ProcessName> now = name_process(name.pid);
  if (now) return *now == name;
  // A process that exists but is hidden (hidepid) is taken for alive: that mistake costs a directory, the other one a
  // run.
  return ::kill(name.pid, 0) == 0 || errno != ESRCH;
}

}  // namespace frostbyte
