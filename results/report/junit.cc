// JUnit XML as CI servers read it: one test case a check, by subject. A check that these samples do not decide is an
// error when it would stop a pipeline (the test could not be carried out), else skipped, as is an ignored one.
#include <fmt/format.h>

#include "results/report/checks.h"
#include "results/report/formats.h"
#include "results/report/text.h"

namespace frostbyte::report {
namespace {

using gate::Check;
using gate::Status;

enum class Where : std::uint8_t { text, attribute };

/// XML 1.0 cannot hold most control characters, not even as references.
std::string xml(std::string_view text, Where where) {
  std::string out;
  for (const char c : valid_utf8(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\n':
        out += where == Where::attribute ? "&#10;" : "\n";
        break;
      case '\r':
        out += "&#13;";
        break;
      case '\t':
        out += where == Where::attribute ? "&#9;" : "\t";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string attribute(std::string_view name, std::string_view value) {
  return fmt::format(" {}=\"{}\"", name, xml(value, Where::attribute));
}

enum class Kind : std::uint8_t { passed, failure, error, skipped };

Kind kind_of(const Check& check) {
  switch (check.status) {
    case Status::failed:
      return Kind::failure;
    case Status::undecided:
      return stops(check) ? Kind::error : Kind::skipped;
    case Status::ignored:
      return Kind::skipped;
    case Status::pass:
    case Status::warned:
      break;
  }
  return Kind::passed;
}

std::string body_text(const Check& check) {
  std::string text = check.detail;
  if (!check.message.empty()) text += "\n" + check.message;
  if (!check.origin.empty()) text += "\n" + check.origin;
  return text;
}

std::string outcome(const Check& check) {
  const std::string what = fmt::format("{}: {}", gate::to_string(check.status), check.detail);
  const auto element = [&](std::string_view name) {
    return fmt::format("      <{0}{1}{2}>{3}</{0}>\n", name, attribute("type", gate::to_string(check.status)),
                       attribute("message", what), xml(body_text(check), Where::text));
  };
  switch (kind_of(check)) {
    case Kind::failure:
      return element("failure");
    case Kind::error:
      return element("error");
    case Kind::skipped:  // the only one whose schema knows no type
      return fmt::format("      <skipped{}/>\n", attribute("message", what));
    case Kind::passed:
      break;
  }
  return fmt::format("      <system-out>{}</system-out>\n",
                     xml(check.status == Status::pass ? check.detail : "WARNING: " + body_text(check), Where::text));
}

std::string test_case(const Check& check) {
  return fmt::format("    <testcase{}{} time=\"0\">\n{}    </testcase>\n", attribute("classname", check.subject),
                     attribute("name", check.metric + ": " + check.limit), outcome(check));
}

struct Suite {
  std::size_t tests = 0, failures = 0, errors = 0, skipped = 0;
  std::string cases;
  void add(const Check& check) {
    ++tests;
    const Kind kind = kind_of(check);
    failures += kind == Kind::failure;
    errors += kind == Kind::error;
    skipped += kind == Kind::skipped;
    cases += test_case(check);
  }
  [[nodiscard]] std::string counts() const {
    return fmt::format(" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"0\"", tests, failures, errors,
                       skipped);
  }
};

/// "2026-01-31T12:00:00Z" without its Z, which the schemas' type has no room for.
std::string timestamp_attribute(const std::string& started) {
  if (started.empty()) return "";
  return attribute("timestamp", started.ends_with('Z') ? started.substr(0, started.size() - 1) : started);
}

}  // namespace

Result<std::string> render_junit(const Report& report, const RenderOptions&) {
  Suite suite;
  for (const Check& check : report.checks) suite.add(check);
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"frostbyte\"{0}>\n"
      "  <testsuite name=\"frostbyte budgets\"{0}{1}>\n{2}  </testsuite>\n</testsuites>\n",
      suite.counts(), timestamp_attribute(report.summary.started), suite.cases);
}

}  // namespace frostbyte::report
