#include "launcher/host/mountinfo.h"

#include "launcher/base/file.h"

namespace frostbyte::host {
namespace {

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

bool is_octal(char c) { return c >= '0' && c <= '7'; }

/// The kernel writes space, tab, newline and backslash as \ooo.
std::string unescape(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size() && is_octal(text[i + 1]) && is_octal(text[i + 2]) &&
        is_octal(text[i + 3])) {
      plain += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

}  // namespace

std::vector<Mount> parse_mountinfo(std::string_view text) {
  std::vector<Mount> mounts;
  for (const std::string_view line : split(text, '\n')) {
    const std::size_t separator = line.find(" - ");  // the optional fields before it vary in number
    if (separator == std::string_view::npos) continue;
    const auto left = split(line.substr(0, separator), ' ');
    const auto right = split(line.substr(separator + 3), ' ');
    if (left.size() < 6 || right.size() < 3) continue;
    mounts.push_back({.device = std::string(left[2]),
                      .point = unescape(left[4]),
                      .type = std::string(right[0]),
                      .super_options = std::string(right[2])});
  }
  return mounts;
}

Result<std::vector<Mount>> read_mounts(const std::filesystem::path& root) {
  return parse_mountinfo(TRY(read_file(root / "proc/self/mountinfo")));
}

const Mount* mount_of(const std::vector<Mount>& mounts, const std::filesystem::path& path) {
  const Mount* found = nullptr;
  for (const Mount& mount : mounts) {
    // ">=": of two mounts on one point, the later hides the earlier.
    if (is_within(path.native(), mount.point) && (found == nullptr || mount.point.size() >= found->point.size()))
      found = &mount;
  }
  return found;
}

std::string file_system_of(const std::filesystem::path& path) {
  const Result<std::vector<Mount>> mounts = read_mounts();
  std::error_code error;
  const std::filesystem::path real = std::filesystem::canonical(path, error);
  const Mount* mount = mounts && !error ? mount_of(*mounts, real) : nullptr;
  return mount == nullptr ? "" : mount->type;
}

bool is_within(std::string_view path, std::string_view directory) {
  if (directory.ends_with('/')) directory.remove_suffix(1);
  return path.starts_with(directory) && (path.size() == directory.size() || path[directory.size()] == '/');
}

}  // namespace frostbyte::host
