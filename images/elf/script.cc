// `#!` lines, read as the kernel reads them (fs/binfmt_script.c): within the first 256 bytes, one argument at most.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "images/elf/elf.h"
#include "launcher/base/fd.h"

namespace frostbyte::elf {
namespace {

constexpr std::size_t kHeadSize = 256;  // BINPRM_BUF_SIZE

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  return first == std::string_view::npos ? std::string_view()
                                         : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

Result<ScriptInterpreter> read_script_interpreter(const std::filesystem::path& path) {
  const Fd fd = TRY(open_file(path.string(), O_RDONLY | O_NONBLOCK | O_NOCTTY));
  char buffer[kHeadSize];
  const ssize_t n = ::pread(fd.get(), buffer, sizeof buffer, 0);
  if (n < 0) return system_failure("read", path.string());
  const std::string_view head(buffer, static_cast<std::size_t>(n));
  if (!head.starts_with("#!")) return ScriptInterpreter();
  std::string_view line = head.substr(2, std::min(head.find('\n'), head.size()) - 2);
  line = trim(line.substr(0, line.find('\0')));
  if (line.empty()) return failure("read the #! line of", path.string(), "it names no interpreter");
  const auto end = std::min(line.find_first_of(" \t"), line.size());
  if (head.size() == kHeadSize && head.find('\n') == std::string_view::npos && end == line.size()) {
    return failure("read the #! line of", path.string(),
                   "the interpreter's name is too long: the kernel reads 256 bytes");
  }
  return ScriptInterpreter{.path = std::string(line.substr(0, end)), .argument = std::string(trim(line.substr(end)))};
}

}  // namespace frostbyte::elf
