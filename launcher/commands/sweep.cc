#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "launcher/commands/ballast.h"
#include "launcher/commands/commands.h"
#include "launcher/commands/dry_run.h"
#include "launcher/commands/gating.h"
#include "launcher/commands/measurement.h"
#include "launcher/commands/message.h"
#include "launcher/commands/plan_request.h"
#include "launcher/commands/run_file.h"
#include "launcher/commands/run_output.h"
#include "launcher/commands/step.h"

namespace frostbyte::commands {
namespace {

constexpr std::string_view kDetails =
    "Examples\n"
    "  frostbyte sweep c-nolibc cpp-epoll\n"
    "  frostbyte sweep cpp-epoll --isolation full --isolation none --cache warm,cold -r 500\n"
    "  frostbyte sweep --port 8080 --path /index.html -- darkhttpd /srv --port 8080\n"
    "  frostbyte sweep -n one --command './a -p 80' -n two --command './b -p 80' --port 80\n"
    "  frostbyte sweep c-nolibc --run-file run.jsonl -o json=- -o markdown=table.md\n"
    "  frostbyte sweep oci:cpp-epoll-static.tar\n"
    "  frostbyte sweep --resume --run-file run.jsonl\n"
    "  frostbyte sweep ./my-function --budget budgets.toml";

/// What the command line asks for, once all of it is read.
struct Request {
  std::vector<Output> outputs;
  std::string run_path;  ///< empty: a temporary file
  sweep::Plan plan;
  sweep::ExecutorOptions options;
  std::optional<RecordedRun> recorded;  ///< of --resume
  Gating gating;
};

class SweepCommand {
 public:
  SweepCommand(const SweepFlags& flags, const Invocation& invocation, const SweepEnvironment& environment)
      : flags_(flags), measurement_(flags, invocation, environment) {}

  ExitCode run() {
    const Step<ExitCode> end = measure();
    return end ? *end : give_up(end.error().error, end.error().code);
  }

 private:
  Step<ExitCode> measure() {
    const Request request = TRY(read_request());
    if (flags_.dry_run) {
      TRY(or_cannot(write_output({.format = "plan", .path = "-"}, dry_run_text(request.plan))));
      return ExitCode::pass;
    }
    if (request.recorded && request.recorded->complete()) {
      measurement_.note(fmt::format("{} is complete, nothing is left to launch", request.run_path));
      return conclude(request, request.run_path, ExitCode::pass);
    }
    const Ballast ballast = TRY(or_usage(Ballast::hold(flags_.ballast)));
    const auto executor = TRY(or_cannot(measurement_.make_executor(request.plan, request.options)));
    OpenRun open = TRY(open_run(request, *executor));
    const Result<sweep::SweepResult> result = measurement_.launch_all(
        request.plan, *executor, open.writer, request.recorded ? request.recorded->history : sweep::History(), {});
    if (result) TRY(or_cannot(open.writer.finish(result->reason)));
    // After an error the file stays without an end: what was measured is shown, and --resume goes on from there.
    const ExitCode code = !result ? give_up(result.error(), ExitCode::cannot_measure)
                          : result->reason == record::EndReason::interrupted ? ExitCode::interrupted
                                                                             : ExitCode::pass;
    return conclude(request, open.writer.path(), code);
  }

  // ---- before ----

  Step<Request> read_request() {
    Request request;
    std::vector<std::string> formats = report_formats();
    formats.emplace_back("run");
    request.outputs = TRY(or_usage(parse_outputs(flags_.outputs, formats)));
    request.run_path = TRY(or_usage(choose_run_path(flags_.run_file, request.outputs)));
    // A run file alone is not a reason to print nothing.
    const bool only_run = std::ranges::all_of(request.outputs, [&](const Output& output) {
      return output.format == "run" && output.path == request.run_path;
    });
    if (only_run) request.outputs.push_back({.format = "console", .path = "-"});
    request.options = TRY(or_usage(read_executor_options(flags_)));
    request.gating = TRY(or_usage(Gating::read(flags_.gating, kLaunchFamilies)));
    TRY(read_recorded_run(request));
    TRY(read_request_plan(request));
    TRY(or_usage(request.gating.check_subjects(names_of(request.plan))));
    if (!request.gating.note().empty()) measurement_.note(request.gating.note());
    return request;
  }

  Step<void> read_recorded_run(Request& request) const {
    if (!flags_.resume) return {};
    if (request.run_path.empty())
      return or_usage(Result<void>(failure("resume", "", "no run file is named", "--resume --run-file PATH")));
    if (!std::filesystem::exists(request.run_path)) {
      if (measurement_.names_nothing())
        return or_cannot(Result<void>(failure("resume", request.run_path, "there is no such file",
                                              "name the functions too, to start it if need be")));
      measurement_.note(fmt::format("{} does not exist, a new run is started", request.run_path));
      return {};
    }
    request.recorded = TRY(or_cannot(read_recorded(request.run_path)));
    return {};
  }

  Step<void> read_request_plan(Request& request) {
    if (request.recorded && measurement_.names_nothing()) {
      request.plan = request.recorded->plan;
      return {};
    }
    const std::uint64_t seed = request.recorded ? request.recorded->plan.seed : std::random_device()();
    request.plan = TRY(measurement_.read_plan(seed));
    if (request.recorded)
      return or_usage(refuse_other_plan(*request.recorded, request.plan, executor_json(request.options)));
    return {};
  }

  // ---- during ----

  Step<OpenRun> open_run(const Request& request, sweep::Executor& executor) const {
    if (request.recorded) return or_cannot(continue_run(request.run_path));
    record::Header header = measurement_.header(request.plan, request.options);
    TRY(measurement_.measure_variants(request.plan, executor, header));
    return or_cannot(create_run(request.run_path, std::move(header),
                                flags_.overwrite ? record::IfExists::replace : record::IfExists::refuse));
  }

  // ---- after ----

  [[nodiscard]] Step<ExitCode> conclude(const Request& request, const std::filesystem::path& file,
                                        ExitCode code) const {
    const record::Run run = TRY(or_cannot(record::read_run(file)));
    measurement_.note_stopped(run);
    report::Report report{.summary = summary::summarise(run)};
    TRY(or_usage(request.gating.judge(report)));
    TRY(or_cannot(write_outputs(report, file, request.outputs, flags_.color)));
    if (!request.run_path.empty() && code == ExitCode::interrupted)
      measurement_.note(
          fmt::format("{} samples are in {}; --resume continues", run.counts().samples, request.run_path));
    if (code == ExitCode::pass && every_launch_failed(run)) {
      say("frostbyte: every launch failed\n  hint: the causes are in the table");
      return ExitCode::cannot_measure;
    }
    return gated(code, report.checks);
  }

  const SweepFlags& flags_;
  Measurement measurement_;
};

}  // namespace

Command sweep_command(const SweepEnvironment& environment) {
  return {.name = "sweep",
          .summary = "measures cold starts of one or many functions",
          .details = std::string(kDetails),
          .after_dashes = AfterDashes::bare_command,
          .declare = [environment](CLI::App& app, const Invocation& invocation) -> std::function<ExitCode()> {
            const auto flags = std::make_shared<SweepFlags>();
            declare_sweep_flags(app, *flags);
            return [flags, environment, &invocation] { return SweepCommand(*flags, invocation, environment).run(); };
          }};
}

}  // namespace frostbyte::commands
