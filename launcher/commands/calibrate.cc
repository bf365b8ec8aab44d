#include <fmt/format.h>
#include <unistd.h>

#include <optional>
#include <random>

#include "launcher/commands/color.h"
#include "launcher/commands/commands.h"
#include "launcher/commands/flag.h"
#include "launcher/commands/host_summary.h"
#include "launcher/commands/interruption.h"
#include "launcher/commands/message.h"
#include "launcher/commands/outputs.h"
#include "launcher/commands/plan_request.h"
#include "launcher/commands/progress.h"
#include "launcher/commands/step.h"
#include "launcher/commands/sweep_flags.h"
#include "launcher/host/calibration_store.h"
#include "launcher/host/calibrator.h"
#include "launcher/sweep/fake_executor.h"
#include "results/metric/metric.h"
#include "results/report/calibration.h"

namespace frostbyte::commands {
namespace {

constexpr std::string_view kDetails =
    "Launches functions whose truth is known and says how far measurements of them are off: the smallest function "
    "there\n"
    "is, delays of a known length, a function that stamps itself, launches with an instrument left out; and what the\n"
    "host's clock, scheduler and network namespaces take. What a build shows against itself becomes the margin below\n"
    "which `frostbyte compare` calls nothing a difference. Every later run on this host carries the result.\n"
    "\n"
    "Examples\n"
    "  frostbyte calibrate\n"
    "  frostbyte calibrate --quick -o json=-\n"
    "  frostbyte calibrate --record calibration.json -o markdown=table.md";

constexpr const char* kUsualTime = "60s";
constexpr const char* kQuickTime = "12s";

struct CalibrateFlags {
  bool quick = false;
  std::string time;
  std::optional<std::uint64_t> seed;
  std::string record;
  std::vector<std::string> outputs;
  std::string color = "auto";
  SweepFlags host;  ///< those of them that choose CPUs, cgroup and kernel stamps; --quiet
};

void declare_calibrate_flags(CLI::App& app, CalibrateFlags& flags) {
  app.add_flag("--quick", flags.quick, fmt::format("{} of launches instead of {}", kQuickTime, kUsualTime));
  value_flag(app, "--time", flags.time, "DURATION", "time for launches; 60s without it")->excludes("--quick");
  value_flag(app, "--seed", flags.seed, "N", "seed of the order of launches; chosen and recorded without it");
  value_flag(app, "--record", flags.record, "PATH",
             "write the record there, where no other command looks for it; without it below XDG_STATE_HOME");
  repeated_flag(app, "-o,--output", flags.outputs, "FORMAT=PATH",
                "write a format to a file, - is standard output; console=- without any; formats: console, markdown, "
                "json");
  app.add_flag("--quiet", flags.host.quiet, "no progress line and no notes; errors only");
  declare_color(app, flags.color);
  declare_host_flags(app, flags.host);
  value_flag(app, "--fake-launches", flags.host.fake_launches, "SEED", "make up launches")->group("");
}

class CalibrateCommand {
 public:
  CalibrateCommand(const CalibrateFlags& flags, const SweepEnvironment& environment)
      : flags_(flags), environment_(environment), folders_(host::StateFolders::here()) {}

  ExitCode run() {
    const Step<ExitCode> end = measure();
    if (end) return *end;
    const bool interrupted = Interruption::flag();
    return give_up(end.error().error, interrupted ? ExitCode::interrupted : end.error().code);
  }

 private:
  Step<ExitCode> measure() {
    const std::vector<std::string> formats = {"console", "markdown", "json"};
    const auto outputs = TRY(or_usage(parse_outputs(flags_.outputs, formats)));
    const host::CalibratorOptions options = TRY(read_options());
    const Interruption interruption;
    calibration::Calibration found = TRY(or_cannot(host::calibrate(options)));
    progress_.reset();
    sign(found);
    for (const Output& output : outputs) TRY(or_cannot(write_output(output, render(output, found))));
    const calibration::Figure* null = found.find(metric::kHeadline, "null function, port");
    if (null == nullptr || !null->value) {
      say("frostbyte: no launch succeeded, nothing was calibrated\n  hint: frostbyte doctor says what this host lacks");
      return ExitCode::cannot_measure;
    }
    TRY(or_cannot(keep(found)));
    return ExitCode::pass;
  }

  Step<host::CalibratorOptions> read_options() {
    host::CalibratorOptions options;
    const std::string time = !flags_.time.empty() ? flags_.time : flags_.quick ? kQuickTime : kUsualTime;
    const auto duration = parse_duration(time);
    if (!duration) return or_usage(Result<host::CalibratorOptions>(wrap(duration.error(), "read --time", time)));
    options.time = *duration;
    if (options.time < std::chrono::seconds(1))
      return or_usage(Result<host::CalibratorOptions>(
          failure("read --time", time, "it is too short to measure anything", "--time 60s")));
    options.seed = flags_.seed.value_or(std::random_device()());
    options.isolation = TRY(isolation());
    options.search = environment_.search_path();
    options.executor = TRY(or_usage(read_executor_options(flags_.host)));
    options.executor.interrupted = &Interruption::flag();
    options.make_executor = environment_.make_executor;
    if (fake()) {
      options.make_executor = [seed = *flags_.host.fake_launches](const sweep::Plan& plan, const auto&) {
        return Result<std::unique_ptr<sweep::Executor>>(sweep::make_fake_executor(plan, seed));
      };
      options.probes = host::CalibratorOptions::Probes::none;
    }
    options.on_progress = [this](std::string_view part, const sweep::Progress& progress) { show(part, progress); };
    options.on_part = [this](std::string_view) { progress_.reset(); };
    return options;
  }

  Step<sandbox::Isolation> isolation() const {
    const auto asked = TRY(or_usage(parse_isolations({})));
    const PartProbe none_missing = [] { return std::vector<sandbox::PartStatus>(); };
    const IsolationChoice choice =
        TRY(or_cannot(choose_isolations(asked, fake() ? none_missing : environment_.probe_parts)));
    for (const std::string& text : choice.notes) note(text);
    return choice.isolations.front();
  }

  [[nodiscard]] bool fake() const { return flags_.host.fake_launches.has_value(); }

  void note(const std::string& text) const {
    if (!flags_.host.quiet) say("note: " + text);
  }

  void show(std::string_view part, const sweep::Progress& progress) {
    const bool visible = !flags_.host.quiet && ::isatty(STDERR_FILENO) == 1;
    if (!progress_) {
      progress_.emplace(std::vector{std::string(part)},
                        visible ? ProgressLine::Visible::yes : ProgressLine::Visible::no);
    }
    progress_->show(progress);
  }

  /// Made-up launches happened on no host, at no time, and are the same in every version.
  void sign(calibration::Calibration& found) const {
    if (fake()) {
      found.tool = {.name = "frostbyte", .version = "0.0.0"};
      found.made = "2026-01-01T00:00:00Z";
      found.host = "made-up launches";
      found.host_id = "0000000000000000";
      found.took_ns = 0;
      return;
    }
    const record::Json facts = environment_.host_facts();
    found.tool = environment_.tool;
    found.made = record::utc_timestamp(std::chrono::system_clock::now());
    found.host = host_summary(facts);
    found.host_id = facts.at(record::Json::json_pointer("/host_id/id")).get<std::string>();
  }

  [[nodiscard]] std::string render(const Output& output, const calibration::Calibration& found) const {
    if (output.format == "json") return report::calibration_json(found);
    if (output.format == "markdown") return report::calibration_markdown(found);
    return report::calibration_console(found, render_options(output.path == "-" ? STDOUT_FILENO : -1, flags_.color));
  }

  /// What was made up is kept only where it was asked to be.
  Result<void> keep(const calibration::Calibration& found) const {
    if (fake() && flags_.record.empty()) return {};
    const auto path = TRY(host::save_calibration(found, flags_.record, folders_));
    note(fmt::format("kept in {}", path.string()));
    return {};
  }

  const CalibrateFlags& flags_;
  const SweepEnvironment& environment_;
  host::StateFolders folders_;
  std::optional<ProgressLine> progress_;
};

}  // namespace

Command calibrate_command(const SweepEnvironment& environment) {
  return {.name = "calibrate",
          .summary = "measures the instrument's own error on this host",
          .details = std::string(kDetails),
          .after_dashes = AfterDashes::positionals,
          .declare = [environment](CLI::App& app, const Invocation&) -> std::function<ExitCode()> {
            const auto flags = std::make_shared<CalibrateFlags>();
            declare_calibrate_flags(app, *flags);
            return [flags, environment] { return CalibrateCommand(*flags, environment).run(); };
          }};
}

}  // namespace frostbyte::commands
