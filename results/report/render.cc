#include "results/report/render.h"

#include <algorithm>
#include <array>

#include "results/report/formats.h"

namespace frostbyte::report {
namespace {

constexpr std::array kFormats = {
    Format{"console", "the table for people, in the terminal's width and colours", render_console},
    Format{"markdown", "the same table for a pull request or a job summary", render_markdown},
    Format{"json", "every figure of every variant (schema frostbyte.report/1)", render_json},
    Format{"csv", "one row a launch, with all its values", render_csv},
    Format{"csv-summary", "one row a variant and metric", render_csv_summary},
};

}  // namespace

std::span<const Format> formats() { return kFormats; }

Result<std::string> render(std::string_view format, const Report& report, const RenderOptions& options) {
  const auto found = std::ranges::find(kFormats, format, &Format::name);
  if (found != kFormats.end()) return found->render(report, options);
  std::string names;
  for (const Format& known : kFormats) names += (names.empty() ? "" : ", ") + std::string(known.name);
  return failure("render format", std::string(format), "there is no such format", "formats: " + names);
}

}  // namespace frostbyte::report
