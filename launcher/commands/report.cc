#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "launcher/commands/color.h"
#include "launcher/commands/commands.h"
#include "launcher/commands/gating.h"
#include "launcher/commands/message.h"
#include "launcher/commands/outputs.h"
#include "launcher/commands/run_output.h"
#include "launcher/commands/step.h"

namespace frostbyte::commands {
namespace {

constexpr std::string_view kDetails =
    "Examples\n"
    "  frostbyte report run.jsonl\n"
    "  frostbyte report run.jsonl -o json=- \n"
    "  frostbyte report run.jsonl -o csv=samples.csv -o markdown=table.md\n"
    "  frostbyte report run.jsonl --budget budgets.toml -o junit=checks.xml";

struct ReportFlags {
  std::vector<std::string> runs;
  std::vector<std::string> outputs;
  std::string color = "auto";
  GatingFlags gating;
};

void declare_report_flags(CLI::App& app, ReportFlags& flags) {
  app.add_option("RUN", flags.runs, "a run file, as --run-file of a sweep wrote it")->required();
  declare_outputs(app, flags.outputs, "")->group("Results");
  declare_color(app, flags.color)->group("Results");
  declare_gating(app, flags.gating, BaseIs::optional);
}

Result<void> refuse_shared_files(const ReportFlags& flags, const std::vector<Output>& outputs) {
  if (flags.runs.size() < 2) return {};
  const auto file = std::ranges::find_if(outputs, [](const Output& output) { return output.path != "-"; });
  if (file == outputs.end()) return {};
  return failure("write", file->path, "several runs would go to one file", "render one run at a time");
}

Step<ExitCode> render_run(const std::string& path, const Gating& gating, const std::vector<Output>& outputs,
                          const std::string& color) {
  const record::Run run = TRY(or_cannot(record::read_run(path)));
  report::Report report{.summary = summary::summarise(run)};
  TRY(or_usage(gating.judge(report)));
  TRY(or_cannot(write_outputs(report, path, outputs, color)));
  return gated(ExitCode::pass, report.checks);
}

/// Of several runs, one that fails its gate counts more than one that does not decide.
ExitCode graver(ExitCode a, ExitCode b) {
  if (a == ExitCode::gate_failed || b == ExitCode::gate_failed) return ExitCode::gate_failed;
  return a == ExitCode::pass ? b : a;
}

Step<ExitCode> render_runs(const ReportFlags& flags) {
  const auto outputs = TRY(or_usage(parse_outputs(flags.outputs, report_formats())));
  TRY(or_usage(refuse_shared_files(flags, outputs)));
  const Gating gating = TRY(or_usage(Gating::read(flags.gating, kLaunchFamilies)));
  if (!gating.note().empty()) say("note: " + gating.note());
  ExitCode code = ExitCode::pass;
  for (const std::string& path : flags.runs) code = graver(code, TRY(render_run(path, gating, outputs, flags.color)));
  return code;
}

}  // namespace

Command report_command() {
  return {.name = "report",
          .summary = "renders saved runs in any format",
          .details = std::string(kDetails),
          .after_dashes = AfterDashes::positionals,
          .declare = [](CLI::App& app, const Invocation&) -> std::function<ExitCode()> {
            const auto flags = std::make_shared<ReportFlags>();
            declare_report_flags(app, *flags);
            return [flags] {
              const Step<ExitCode> done = render_runs(*flags);
              return done ? *done : give_up(done.error().error, done.error().code);
            };
          }};
}

}  // namespace frostbyte::commands
