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
    Format{"junit", "the checks as test cases, for CI servers", render_junit},
    Format{"github", "the checks as workflow annotations", render_github},
    Format{"openmetrics", "every figure for Prometheus and its like", render_openmetrics},
    Format{"hyperfine", "first responses as hyperfine exports them, for its scripts", render_hyperfine},
    Format{"github-action-benchmark", "medians for that action's customSmallerIsBetter",
           render_github_action_benchmark},
    Format{"bencher", "medians and intervals as Bencher Metric Format", render_bencher},
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
