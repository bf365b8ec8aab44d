#include "launcher/launch/process_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <memory>

namespace frostbyte::launch {

Result<ProcessFiles> ProcessFiles::open(pid_t pid) {
  return ProcessFiles(pid, TRY(open_file("/proc/" + std::to_string(pid), O_PATH | O_DIRECTORY)));
}

Failure ProcessFiles::explain(int code, std::string_view file) const {
  const std::string path = "/proc/" + std::to_string(pid_) + "/" + std::string(file);
  if (code == ENOENT && !has("status")) code = ESRCH;
  if (code == EACCES || code == EPERM) {
    return system_failure(code, "read", path,
                          "run frostbyte as the function's user or as root; Yama, hidepid and undumpable programs "
                          "(set-user-id, file capabilities) refuse others");
  }
  return system_failure(code, "read", path);
}

Result<std::string_view> ProcessFiles::read(std::string_view file, std::span<char> buffer) const {
  const std::string name(file);
  const Fd fd(::openat(directory_.get(), name.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return explain(errno, file);
  const ssize_t n = ::read(fd.get(), buffer.data(), buffer.size());
  if (n < 0) return explain(errno, file);
  return std::string_view(buffer.data(), static_cast<std::size_t>(n));
}

Result<std::int64_t> ProcessFiles::count_lines(std::string_view file, std::string_view except) const {
  const std::string name(file);
  const Fd fd(::openat(directory_.get(), name.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return explain(errno, file);
  std::int64_t lines = 0;
  // The kernel gives whole lines: each read(2) is looked at by itself.
  for (std::array<char, 8192> buffer;;) {
    const ssize_t n = ::read(fd.get(), buffer.data(), buffer.size());
    if (n < 0) return explain(errno, file);
    if (n == 0) return lines;
    std::string_view text(buffer.data(), static_cast<std::size_t>(n));
    for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
      if (text.substr(0, end).find(except) == std::string_view::npos) ++lines;
      text.remove_prefix(end + 1);
    }
  }
}

bool ProcessFiles::has(const char* file) const { return ::faccessat(directory_.get(), file, F_OK, 0) == 0; }

Result<std::vector<pid_t>> ProcessFiles::threads() const {
  Fd directory(::openat(directory_.get(), "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return explain(errno, "task");
  const std::unique_ptr<DIR, decltype([](DIR* open) { ::closedir(open); })> stream(::fdopendir(directory.get()));
  if (!stream) return explain(errno, "task");
  static_cast<void>(directory.release());  // the stream owns it now
  std::vector<pid_t> threads;
  while (const dirent* entry = ::readdir(stream.get())) {
    if (entry->d_name[0] != '.') threads.push_back(std::atoi(entry->d_name));
  }
  return threads;
}

std::optional<std::int64_t> field(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.starts_with(key)) continue;
    line.remove_prefix(key.size());
    const auto value = line.find_first_not_of(" \t:");
    if (value == 0 || value == std::string_view::npos) continue;  // a longer key, or no value
    std::int64_t number = 0;
    const auto [last, error] = std::from_chars(line.data() + value, line.data() + line.size(), number);
    if (error == std::errc()) return number;
  }
  return std::nullopt;
}

}  // namespace frostbyte::launch
