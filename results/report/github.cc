// GitHub's workflow commands: one annotation for each check that did not pass, at the budget's line, and a notice with
// the tally. They need no token, so they work on forks.
#include <fmt/format.h>

#include "results/report/checks.h"
#include "results/report/formats.h"
#include "results/report/text.h"

namespace frostbyte::report {
namespace {

using gate::Check;
using gate::Status;

/// The runner ends a command at the line's end and undoes these codes; in properties ':' and ',' separate too.
std::string escaped_data(std::string_view text) {
  std::string out;
  for (const char c : valid_utf8(text)) {
    if (c == '%') {
      out += "%25";
    } else if (c == '\r') {
      out += "%0D";
    } else if (c == '\n') {
      out += "%0A";
    } else {
      out += c;
    }
  }
  return out;
}

std::string escaped_property(std::string_view text) {
  std::string out;
  for (const char c : escaped_data(text)) {
    if (c == ':') {
      out += "%3A";
    } else if (c == ',') {
      out += "%2C";
    } else {
      out += c;
    }
  }
  return out;
}

std::string_view command_of(const Check& check) {
  if (check.status == Status::ignored || check.status == Status::pass) return "notice";
  return check.status == Status::failed ? "error" : "warning";
}

/// "file=budgets.toml,line=12," of "budgets.toml:12".
std::string place(const std::string& origin) {
  const std::size_t colon = origin.rfind(':');
  if (colon == std::string::npos) return "";
  return fmt::format("file={},line={},", escaped_property(origin.substr(0, colon)),
                     escaped_property(origin.substr(colon + 1)));
}

std::string annotation(const Check& check) {
  std::string text = fmt::format("{}\n{}", claim(check), check.detail);
  if (!check.message.empty()) text += "\n" + check.message;
  return fmt::format("::{} {}title={}::{}\n", command_of(check), place(check.origin),
                     escaped_property(fmt::format("frostbyte: {} {}", check.subject, gate::to_string(check.status))),
                     escaped_data(text));
}

}  // namespace

Result<std::string> render_github(const Report& report, const RenderOptions&) {
  std::string out;
  for (const Check* check : by_urgency(report.checks)) {
    if (check->status != Status::pass) out += annotation(*check);
  }
  return out + fmt::format("::notice title=frostbyte::{}\n", escaped_data(tally(report.checks)));
}

}  // namespace frostbyte::report
