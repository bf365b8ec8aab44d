#include <sys/ioctl.h>
#include <unistd.h>

#include <cctype>
#include <cstdlib>
#include <string>

#include "results/report/render.h"

namespace frostbyte::report {
namespace {

constexpr std::uint32_t kWidthOfFiles = 100;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// POSIX: the first of these that is set decides.
Charset charset_of_locale() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    std::string value = environment(name);
    if (value.empty()) continue;
    for (char& c : value) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const bool utf8 = value.find("utf-8") != std::string::npos || value.find("utf8") != std::string::npos;
    return utf8 ? Charset::unicode : Charset::ascii;
  }
  return Charset::ascii;
}

}  // namespace

RenderOptions terminal_options(int fd) {
  if (fd < 0 || ::isatty(fd) == 0) return {.colour = Colour::off, .charset = Charset::unicode, .width = kWidthOfFiles};
  const bool plain = !environment("NO_COLOR").empty() || environment("TERM") == "dumb";
  winsize size{};
  const bool known = ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return {
      .colour = plain ? Colour::off : Colour::on, .charset = charset_of_locale(), .width = known ? size.ws_col : 80u};
}

}  // namespace frostbyte::report
