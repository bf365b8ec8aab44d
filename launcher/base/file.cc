#include "launcher/base/file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <tuple>

#include "launcher/base/process.h"

namespace frostbyte {

Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit) {
  const Fd fd = TRY(open_file(path.string(), O_RDONLY));
  std::string data;
  char buffer[65536];
  for (;;) {
    const ssize_t n = ::read(fd.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_failure("read", path.string());
    if (n == 0) return data;
    if (data.size() + static_cast<std::size_t>(n) > limit) {
      return failure("read", path.string(), "larger than " + std::to_string(limit) + " bytes");
    }
    data.append(buffer, static_cast<std::size_t>(n));
  }
}

Result<std::string> read_trimmed(const std::filesystem::path& path) {
  const std::string data = TRY(read_file(path));
  const auto first = data.find_first_not_of(" \t\n");
  if (first == std::string::npos) return std::string();
  return data.substr(first, data.find_last_not_of(" \t\n") - first + 1);
}

Result<void> write_all(int fd, std::string_view data, const std::string& subject) {
  while (!data.empty()) {
    const ssize_t n = ::write(fd, data.data(), data.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_failure("write", subject);
    data.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

Result<void> write_value(const std::filesystem::path& path, std::string_view data) {
  const Fd fd = TRY(open_file(path.string(), O_WRONLY));
  return write_all(fd.get(), data, path.string());
}

Result<void> write_atomically(const std::filesystem::path& path, std::string_view data) {
  std::string temporary = path.string() + ".XXXXXX";
  const Fd fd(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd) return system_failure("create a temporary file beside", path.string());
  const auto written = [&]() -> Result<void> {
    TRY(write_all(fd.get(), data, temporary));
    if (::fchmod(fd.get(), 0644) != 0) return system_failure("set the mode of", temporary);
    if (::fsync(fd.get()) != 0) return system_failure("flush", temporary);
    if (::rename(temporary.c_str(), path.c_str()) != 0) return system_failure("rename to", path.string());
    return {};
  }();
  if (!written) ::unlink(temporary.c_str());
  return written;
}

std::filesystem::path temporary_base() {
  const char* base = std::getenv("TMPDIR");
  return base != nullptr && *base != '\0' ? base : "/tmp";
}

Result<TempDir> TempDir::create(std::string_view prefix) {
  const ProcessName owner = TRY(name_process(::getpid()));
  std::string path = (temporary_base() / prefix).string() + to_string(owner) + "-XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) return system_failure("create temporary directory", path);
  Fd lock = TRY(open_file(path, O_RDONLY | O_DIRECTORY));
  // A refused lock (a file system without locks) loses only the protection from a doctor in another pid namespace.
  std::ignore = ::flock(lock.get(), LOCK_EX | LOCK_NB);
  return TempDir(path, std::move(lock));
}

TempDir::~TempDir() {
  if (path_.empty()) return;
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace frostbyte
