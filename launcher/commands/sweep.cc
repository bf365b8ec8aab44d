#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <random>

#include "launcher/commands/ballast.h"
#include "launcher/commands/commands.h"
#include "launcher/commands/dry_run.h"
#include "launcher/commands/gating.h"
#include "launcher/commands/host_summary.h"
#include "launcher/commands/interruption.h"
#include "launcher/commands/message.h"
#include "launcher/commands/plan_request.h"
#include "launcher/commands/progress.h"
#include "launcher/commands/run_file.h"
#include "launcher/commands/run_output.h"
#include "launcher/commands/step.h"
#include "launcher/sweep/fake_executor.h"
#include "launcher/sweep/sweep.h"

namespace frostbyte::commands {
namespace {

constexpr std::string_view kDetails =
    "Examples\n"
    "  frostbyte sweep c-nolibc cpp-epoll\n"
    "  frostbyte sweep cpp-epoll --isolation full --isolation none --cache warm,cold -r 500\n"
    "  frostbyte sweep --port 8080 --path /index.html -- darkhttpd /srv --port 8080\n"
    "  frostbyte sweep -n one --command './a -p 80' -n two --command './b -p 80' --port 80\n"
    "  frostbyte sweep c-nolibc --run-file run.jsonl -o json=- -o markdown=table.md\n"
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
      : flags_(flags), invocation_(invocation), environment_(environment) {}

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
      note(fmt::format("{} is complete, nothing is left to launch", request.run_path));
      return conclude(request, request.run_path, ExitCode::pass);
    }
    const Ballast ballast = TRY(or_usage(Ballast::hold(flags_.ballast)));
    const auto executor = TRY(or_cannot(make_executor(request)));
    OpenRun open = TRY(or_cannot(open_run(request)));
    const Result<sweep::SweepResult> result = launch_all(request, *executor, open.writer);
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
    request.options.interrupted = &Interruption::flag();
    TRY(read_recorded_run(request));
    TRY(read_request_plan(request));
    TRY(or_usage(request.gating.check_subjects(names_of(request.plan))));
    if (!request.gating.note().empty()) note(request.gating.note());
    return request;
  }

  Step<void> read_recorded_run(Request& request) const {
    if (!flags_.resume) return {};
    if (request.run_path.empty())
      return or_usage(Result<void>(failure("resume", "", "no run file is named", "--resume --run-file PATH")));
    if (!std::filesystem::exists(request.run_path)) {
      if (named_nothing())
        return or_cannot(Result<void>(failure("resume", request.run_path, "there is no such file",
                                              "name the functions too, to start it if need be")));
      note(fmt::format("{} does not exist, a new run is started", request.run_path));
      return {};
    }
    request.recorded = TRY(or_cannot(read_recorded(request.run_path)));
    return {};
  }

  Step<void> read_request_plan(Request& request) {
    if (request.recorded && named_nothing()) {
      request.plan = request.recorded->plan;
      return {};
    }
    const std::uint64_t seed = request.recorded ? request.recorded->plan.seed : std::random_device()();
    request.plan = TRY(or_usage(read_plan({.flags = flags_,
                                           .bare_words = invocation_.after_dashes,
                                           .search = environment_.search_path(),
                                           .isolations = TRY(isolations()),
                                           .seed = seed})));
    if (request.recorded)
      return or_usage(refuse_other_plan(*request.recorded, request.plan, executor_json(request.options)));
    return {};
  }

  [[nodiscard]] bool named_nothing() const {
    return !names_functions({.flags = flags_, .bare_words = invocation_.after_dashes, .search = {}, .isolations = {}});
  }

  Step<std::vector<sandbox::Isolation>> isolations() const {
    const auto asked = TRY(or_usage(parse_isolations(flags_.isolations)));
    const PartProbe none_missing = [] { return std::vector<sandbox::PartStatus>(); };
    IsolationChoice choice =
        TRY(or_cannot(choose_isolations(asked, flags_.fake_launches ? none_missing : environment_.probe_parts)));
    for (const std::string& text : choice.notes) note(text);
    return std::move(choice.isolations);
  }

  static std::vector<std::string> names_of(const sweep::Plan& plan) {
    std::vector<std::string> names;
    for (const sweep::Variant& variant : plan.variants) names.push_back(variant.name);
    return names;
  }

  // ---- during ----

  Result<std::unique_ptr<sweep::Executor>> make_executor(const Request& request) const {
    if (flags_.fake_launches) return sweep::make_fake_executor(request.plan, *flags_.fake_launches);
    return environment_.make_executor(request.plan, request.options);
  }

  Result<OpenRun> open_run(const Request& request) const {
    if (request.recorded) return continue_run(request.run_path);
    return create_run(request.run_path, header(request),
                      flags_.overwrite ? record::IfExists::replace : record::IfExists::refuse);
  }

  [[nodiscard]] record::Header header(const Request& request) const {
    record::Header header = sweep::header_of(request.plan);
    header.argv = invocation_.argv;
    header.plan["executor"] = executor_json(request.options);
    add_binary_sizes(request.plan, header);
    // Made-up launches happened on no host, at no time, and are the same in every version.
    if (flags_.fake_launches) {
      header.argv.front() = "frostbyte";
      header.tool.version = "0.0.0";
      header.started = "2026-01-01T00:00:00Z";
      header.host["summary"] = "made-up launches";
    } else {
      header.tool = environment_.tool;
      header.started = record::utc_timestamp(std::chrono::system_clock::now());
      header.host = environment_.host_facts();
      header.host["summary"] = host_summary(header.host);
    }
    return header;
  }

  static void add_binary_sizes(const sweep::Plan& plan, record::Header& header) {
    for (std::size_t i = 0; i < plan.variants.size(); ++i) {
      std::error_code error;
      const auto size = std::filesystem::file_size(plan.variants[i].function.program, error);
      if (error) {
        header.variants[i].unavailable["binary.file"] = error.message();
      } else {
        header.variants[i].values["binary.file"] = static_cast<std::int64_t>(size);
      }
    }
  }

  Result<sweep::SweepResult> launch_all(const Request& request, sweep::Executor& executor,
                                        record::RunWriter& writer) const {
    const bool visible = !flags_.quiet && ::isatty(STDERR_FILENO) == 1;
    ProgressLine line(names_of(request.plan), visible ? ProgressLine::Visible::yes : ProgressLine::Visible::no);
    const Interruption interruption;
    const sweep::Hooks hooks{.on_sample = [&](const record::Sample& sample) { return writer.write(sample); },
                             .on_batch = [&](const sweep::Progress& progress) { line.show(progress); }};
    return sweep::run_sweep(request.plan, executor, hooks, Interruption::flag(),
                            request.recorded ? request.recorded->history : sweep::History());
  }

  // ---- after ----

  [[nodiscard]] Step<ExitCode> conclude(const Request& request, const std::filesystem::path& file,
                                        ExitCode code) const {
    const record::Run run = TRY(or_cannot(record::read_run(file)));
    for (std::size_t i = 0; i < run.variants().size(); ++i)
      note_stopped(request.plan.variants[i].name, run.variants()[i]);
    report::Report report{.summary = summary::summarise(run)};
    TRY(or_usage(request.gating.judge(report)));
    TRY(or_cannot(write_outputs(report, file, request.outputs, flags_.color)));
    if (!request.run_path.empty() && code == ExitCode::interrupted)
      note(fmt::format("{} samples are in {}; --resume continues", run.counts().samples, request.run_path));
    if (code == ExitCode::pass && every_launch_failed(run)) {
      say("frostbyte: every launch failed\n  hint: the causes are in the table");
      return ExitCode::cannot_measure;
    }
    return gated(code, report.checks);
  }

  void note_stopped(const std::string& name, const record::VariantData& data) const {
    if (!data.flags.contains(std::string(sweep::kStoppedFlag)) || data.failures.empty()) return;
    const record::FailureKind& kind = data.failures.back();
    note(fmt::format("{} was stopped after identical failures: {}{}{}; --max-failures 0 launches on", name,
                     record::to_string(kind.outcome), kind.detail.empty() ? "" : ": ", kind.detail));
  }

  static bool every_launch_failed(const record::Run& run) {
    const auto& outcomes = run.counts().outcomes;
    const std::uint64_t ok = outcomes[static_cast<std::size_t>(record::Outcome::ok)];
    return ok == 0 && run.counts().samples > run.counts().warmups;
  }

  void note(const std::string& text) const {
    if (!flags_.quiet) say("note: " + text);
  }

  const SweepFlags& flags_;
  const Invocation& invocation_;
  const SweepEnvironment& environment_;
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
