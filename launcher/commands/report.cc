#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "launcher/commands/color.h"
#include "launcher/commands/commands.h"
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
    "  frostbyte report run.jsonl -o csv=samples.csv -o markdown=table.md";

struct ReportFlags {
  std::vector<std::string> runs;
  std::vector<std::string> outputs;
  std::string color = "auto";
};

void declare_report_flags(CLI::App& app, ReportFlags& flags) {
  app.add_option("RUN", flags.runs, "a run file, as --run-file of a sweep wrote it")->required();
  declare_outputs(app, flags.outputs, "")->group("Results");
  declare_color(app, flags.color)->group("Results");
}

Result<void> refuse_shared_files(const ReportFlags& flags, const std::vector<Output>& outputs) {
  if (flags.runs.size() < 2) return {};
  const auto file = std::ranges::find_if(outputs, [](const Output& output) { return output.path != "-"; });
  if (file == outputs.end()) return {};
  return failure("write", file->path, "several runs would go to one file", "render one run at a time");
}

Step<void> render_runs(const ReportFlags& flags) {
  const auto outputs = TRY(or_usage(parse_outputs(flags.outputs, report_formats())));
  TRY(or_usage(refuse_shared_files(flags, outputs)));
  for (const std::string& path : flags.runs) {
    const record::Run run = TRY(or_cannot(record::read_run(path)));
    TRY(or_cannot(write_outputs(run, path, outputs, flags.color)));
  }
  return {};
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
              const Step<void> done = render_runs(*flags);
              return done ? ExitCode::pass : give_up(done.error().error, done.error().code);
            };
          }};
}

}  // namespace frostbyte::commands
