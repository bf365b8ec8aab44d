// One function a format; render.cc lists them. Internal to results/report.
#pragma once

#include "results/report/render.h"

namespace frostbyte::report {

Result<std::string> render_console(const Report& report, const RenderOptions& options);
Result<std::string> render_markdown(const Report& report, const RenderOptions& options);
Result<std::string> render_json(const Report& report, const RenderOptions& options);
Result<std::string> render_csv(const Report& report, const RenderOptions& options);
Result<std::string> render_csv_summary(const Report& report, const RenderOptions& options);
Result<std::string> render_junit(const Report& report, const RenderOptions& options);
Result<std::string> render_github(const Report& report, const RenderOptions& options);
Result<std::string> render_openmetrics(const Report& report, const RenderOptions& options);
Result<std::string> render_hyperfine(const Report& report, const RenderOptions& options);
Result<std::string> render_github_action_benchmark(const Report& report, const RenderOptions& options);
Result<std::string> render_bencher(const Report& report, const RenderOptions& options);

}  // namespace frostbyte::report
