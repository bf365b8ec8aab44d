#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <random>

#include "launcher/base/file.h"
#include "launcher/commands/ballast.h"
#include "launcher/commands/commands.h"
#include "launcher/commands/compare_flags.h"
#include "launcher/commands/compare_pairs.h"
#include "launcher/commands/dry_run.h"
#include "launcher/commands/measurement.h"
#include "launcher/commands/message.h"
#include "launcher/commands/plan_request.h"
#include "launcher/commands/run_file.h"
#include "launcher/commands/run_output.h"
#include "launcher/commands/saved_run.h"
#include "results/compare/compatible.h"
#include "results/compare/looks.h"

namespace frostbyte::commands {
namespace {

constexpr std::string_view kDetails =
    "A verdict per metric: better, worse, equivalent or inconclusive, from an interval against a margin. Functions "
    "are\n"
    "launched in the same rounds, in shuffled order, until the verdicts on the metrics asked for are in or --time is "
    "up.\n"
    "Status 0: better or equivalent; 1: worse; 4: inconclusive.\n"
    "\n"
    "Examples\n"
    "  frostbyte compare ./my-function-old ./my-function-new\n"
    "  frostbyte compare cpp-epoll -L LOG=on,off --metric launch.exec_to_first_response,memory.pss\n"
    "  frostbyte compare --port 80 -n old --command './a -p 80' -n new --command './b -p 80'\n"
    "  frostbyte compare before.jsonl after.jsonl --margin 3% -o markdown=comment.md\n"
    "  frostbyte compare --against main.jsonl ./my-function --save-baseline this.jsonl";

constexpr Nanos kUsualTime = std::chrono::seconds(60);
/// Faster than launches are made: the schedule of looks must reach as far as the time could.
constexpr Nanos kFastestLaunch = std::chrono::milliseconds(2);

/// What the command line asks for, once all of it is read and nothing is launched yet.
struct Request {
  std::vector<Output> outputs;
  std::string run_path;  ///< empty: a temporary file
  compare::Options question;
  gate::FailOn fail_on;
  Gating gating;
  std::optional<sweep::Plan> plan;  ///< when anything is launched
  sweep::ExecutorOptions executor;
};

/// The runs a comparison draws on: saved ones, and one that is launched.
struct Sources {
  std::deque<record::Run> runs;    // addresses stay
  std::vector<std::string> paths;  // one a run; empty for the launched one
  std::vector<MemberPair> pairs;
  std::optional<std::size_t> launched;  // index
};

class CompareCommand {
 public:
  CompareCommand(CompareFlags& flags, const Invocation& invocation, const SweepEnvironment& environment)
      : flags_(flags), invocation_(invocation), measurement_(flags.sweep, invocation, environment) {}

  ExitCode run() {
    const Step<ExitCode> end = answer();
    return end ? *end : give_up(end.error().error, end.error().code);
  }

 private:
  Step<ExitCode> answer() {
    Request request = TRY(read_request());
    TRY(read_sources(request));
    TRY(or_usage(refuse_incompatible()));
    TRY(or_usage(request.gating.check_subjects(subject_names())));
    if (flags_.sweep.dry_run) return print_plan(request);
    if (!request.plan) return conclude(request, {}, ExitCode::pass);
    return launch(request);
  }

  // ---- before ----

  Step<Request> read_request() {
    Request request;
    std::vector<std::string> formats = report_formats();
    formats.emplace_back("run");
    request.outputs = TRY(or_usage(parse_outputs(flags_.sweep.outputs, formats)));
    request.run_path = TRY(or_usage(choose_run_path(flags_.sweep.run_file, request.outputs)));
    const bool only_run = std::ranges::all_of(request.outputs, [&](const Output& output) {
      return output.format == "run" && output.path == request.run_path;
    });
    if (only_run) request.outputs.push_back({.format = "console", .path = "-"});
    request.question = TRY(or_usage(read_compare_options(flags_)));
    request.fail_on = TRY(or_usage(read_fail_on(flags_)));
    request.gating = TRY(or_usage(Gating::read(flags_.sweep.gating, kLaunchFamilies)));
    if (!request.gating.note().empty()) measurement_.note(request.gating.note());
    request.executor = TRY(or_usage(read_executor_options(flags_.sweep)));
    return request;
  }

  /// Sorts the arguments into saved runs and functions, reads the ones and plans the others.
  Step<void> read_sources(Request& request) {
    std::vector<std::optional<SavedName>> saved;
    std::vector<std::string> arguments = flags_.positionals();
    if (!flags_.against.empty()) arguments.insert(arguments.begin(), flags_.against);
    for (const std::string& argument : arguments) {
      saved.push_back(saved_run_name(argument));
      if (!saved.back()) flags_.sweep.functions.push_back(argument);
    }
    TRY(or_usage(refuse_no_baseline(saved)));
    std::vector<Group> launched;
    if (!measurement_.names_nothing()) launched = TRY(plan_launches(request));
    std::vector<Group> groups;
    auto next = launched.begin();
    for (std::size_t i = 0; i < arguments.size(); ++i)
      groups.push_back(saved[i] ? TRY(read_saved(arguments[i], *saved[i])) : *next++);
    groups.insert(groups.end(), next, launched.end());
    sources_.pairs = TRY(or_usage(pair_up(groups)));
    tell_apart(sources_.pairs, sources_.paths);
    return or_usage(refuse_lone_outputs(request));
  }

  Result<void> refuse_no_baseline(const std::vector<std::optional<SavedName>>& saved) const {
    if (flags_.against.empty() || saved.front()) return {};
    return failure("compare against", flags_.against, "it is no run file",
                   "frostbyte sweep FUNCTION --run-file FILE writes one");
  }

  /// A run file and csv hold the samples of one run.
  Result<void> refuse_lone_outputs(const Request& request) const {
    const auto asks = [&](std::string_view format) {
      return std::ranges::find(request.outputs, format, &Output::format) != request.outputs.end();
    };
    const bool writes_run = asks("run") || !flags_.sweep.run_file.empty() || !flags_.save_baseline.empty();
    if (!request.plan && writes_run)
      return failure("write", "a run file", "nothing is launched", "the runs compared are files already");
    if (asks("csv") && sources_.runs.size() > 1)
      return failure("write", "csv", "it holds the samples of one run, and several are compared",
                     "frostbyte report RUN.jsonl -o csv=FILE");
    return {};
  }

  Step<std::vector<Group>> plan_launches(Request& request) {
    sweep::Plan plan = TRY(measurement_.read_plan(std::random_device()()));
    if (!flags_.sweep.runs) lay_down_looks(plan);
    record::Run empty = TRY(or_cannot(record::Run::start(measurement_.header(plan, request.executor))));
    sources_.launched = sources_.runs.size();
    sources_.runs.push_back(std::move(empty));
    sources_.paths.emplace_back();
    std::vector<Group> groups;
    for (std::uint32_t i = 0; i < plan.variants.size(); ++i) {
      groups.resize(std::max<std::size_t>(groups.size(), plan.variants[i].group + 1));
      Group& group = groups[plan.variants[i].group];
      if (group.members.empty()) group.argument = plan.variants[i].name;
      group.members.push_back({.name = plan.variants[i].name, .source = *sources_.launched, .variant = i});
    }
    request.plan = std::move(plan);
    return groups;
  }

  /// Without -r sampling goes on while a verdict is inconclusive, at most for --time.
  static void lay_down_looks(sweep::Plan& plan) {
    plan.time_budget = plan.time_budget.value_or(kUsualTime);
    const auto launches = static_cast<std::uint64_t>(*plan.time_budget / std::max(kFastestLaunch, plan.pace));
    plan.looks = compare::look_schedule(launches / plan.variants.size());
    plan.runs = plan.looks.back();
  }

  Step<Group> read_saved(const std::string& argument, const SavedName& name) {
    const auto same_file = [&](const std::string& path) {
      std::error_code ignored;
      return !path.empty() && std::filesystem::equivalent(path, name.path, ignored);
    };
    const auto known = std::ranges::find_if(sources_.paths, same_file);
    const auto source = static_cast<std::size_t>(known - sources_.paths.begin());
    if (known == sources_.paths.end()) {
      sources_.runs.push_back(TRY(or_cannot(record::read_run(name.path))));
      sources_.paths.push_back(name.path);
    }
    return or_usage(group_of(argument, name, sources_.runs[source], source));
  }

  /// Before anything is launched: what it will be compared with must have been measured the same way.
  Result<void> refuse_incompatible() {
    for (const compare::Pair& pair : sides()) {
      const std::vector<std::string> found = compare::differences(pair.base, pair.candidate);
      if (found.empty()) continue;
      const std::string what = fmt::format("{}", fmt::join(found, "\n  "));
      if (pair.base.run == pair.candidate.run) {
        forced_.emplace_back(pair.candidate.name,
                             fmt::format("settings differ from {}'s: {}", pair.base.name, fmt::join(found, "; ")));
      } else if (flags_.force) {
        forced_.emplace_back(pair.candidate.name,
                             fmt::format("forced, although this differs: {}", fmt::join(found, "; ")));
      } else {
        return failure("compare", fmt::format("{} with {}", pair.candidate.name, pair.base.name),
                       fmt::format("they were not measured alike (base, candidate):\n  {}", what),
                       "measure both here and now: frostbyte compare BASE CANDIDATE; or --force");
      }
    }
    return {};
  }

  [[nodiscard]] std::vector<compare::Pair> sides() const {
    const auto side = [&](const Member& member) {
      return compare::Side{.run = &sources_.runs[member.source], .variant = member.variant, .name = member.name};
    };
    std::vector<compare::Pair> sides;
    for (const MemberPair& pair : sources_.pairs)
      sides.push_back({.base = side(pair.base), .candidate = side(pair.candidate)});
    return sides;
  }

  [[nodiscard]] std::vector<std::string> subject_names() const {
    std::vector<std::string> names;
    for (const MemberPair& pair : sources_.pairs) {
      names.push_back(pair.base.name);
      names.push_back(pair.candidate.name);
    }
    return names;
  }

  Step<ExitCode> print_plan(const Request& request) const {
    std::string text;
    for (const MemberPair& pair : sources_.pairs)
      text += fmt::format("compare {} with {}\n", pair.candidate.name, pair.base.name);
    if (request.plan) text += "\n" + dry_run_text(*request.plan);
    TRY(or_cannot(write_output({.format = "plan", .path = "-"}, text)));
    return ExitCode::pass;
  }

  // ---- during ----

  Step<ExitCode> launch(const Request& request) {
    const Ballast ballast = TRY(or_usage(Ballast::hold(flags_.sweep.ballast)));
    TRY(or_cannot(measurement_.prove_allocators(*request.plan, request.executor)));
    const auto executor = TRY(or_cannot(measurement_.make_executor(*request.plan, request.executor)));
    record::Header header = sources_.runs[*sources_.launched].header();
    TRY(or_cannot(measurement_.take_census(*request.plan, *executor, header)));
    OpenRun open = TRY(or_cannot(create_run(
        request.run_path, header, flags_.sweep.overwrite ? record::IfExists::replace : record::IfExists::refuse)));
    const auto enough = [&]() -> Result<bool> {
      TRY(read_launched(open.writer.path()));
      compare::Options question = request.question;
      question.scope = compare::Scope::primary;
      return compare::decided(compare::compare(sides(), question));
    };
    const Result<sweep::SweepResult> result =
        measurement_.launch_all(*request.plan, *executor, open.writer, sweep::History(), enough);
    if (result) TRY(or_cannot(open.writer.finish(result->reason)));
    const ExitCode code = !result ? give_up(result.error(), ExitCode::cannot_measure)
                          : result->reason == record::EndReason::interrupted ? ExitCode::interrupted
                                                                             : ExitCode::pass;
    TRY(or_cannot(read_launched(open.writer.path())));
    measurement_.note_stopped(sources_.runs[*sources_.launched]);
    TRY(or_cannot(save_baseline(open.writer.path(), code)));
    return conclude(request, open.writer.path(), code);
  }

  Result<void> read_launched(const std::filesystem::path& path) {
    sources_.runs[*sources_.launched] = TRY(record::read_run(path));
    return {};
  }

  /// Only a whole run is worth being compared with.
  Result<void> save_baseline(const std::filesystem::path& run, ExitCode code) const {
    if (flags_.save_baseline.empty()) return {};
    if (code == ExitCode::pass)
      return write_atomically(flags_.save_baseline, TRY(read_file(run, std::numeric_limits<std::size_t>::max())));
    measurement_.note(fmt::format("{} was not written: the run is not whole", flags_.save_baseline));
    return {};
  }

  // ---- after ----

  Step<ExitCode> conclude(const Request& request, const std::filesystem::path& run_file, ExitCode code) {
    report::Report report{.summary = summarise(), .comparisons = compare::compare(sides(), request.question)};
    for (compare::Comparison& comparison : report.comparisons)
      for (const auto& [candidate, note] : forced_)
        if (candidate == comparison.candidate) comparison.notes.push_back(note);
    report.checks = gate::verdict_checks(report.comparisons, request.fail_on);
    TRY(or_usage(request.gating.judge(report)));
    TRY(or_cannot(write_outputs(report, run_file, request.outputs, flags_.sweep.color)));
    if (code == ExitCode::pass && sources_.launched && every_launch_failed(sources_.runs[*sources_.launched])) {
      say("frostbyte: every launch failed\n  hint: the causes are in the table");
      return ExitCode::cannot_measure;
    }
    return gated(code, report.checks);
  }

  /// Of the run that was launched or the candidates are in; subjects of other runs stand beside, under their names
  /// here.
  [[nodiscard]] summary::Summary summarise() const {
    std::vector<summary::Summary> all;
    for (const record::Run& run : sources_.runs) all.push_back(summary::summarise(run));
    const std::size_t main = sources_.launched.value_or(sources_.pairs.front().candidate.source);
    summary::Summary summary = all[main];
    if (all.size() == 1) return summary;
    summary.run = nullptr;
    summary.subjects.clear();
    const auto add = [&](const Member& member) {
      if (std::ranges::find(summary.subjects, member.name, &summary::Subject::name) != summary.subjects.end()) return;
      summary.subjects.push_back(all[member.source].subjects[member.variant]);
      summary.subjects.back().name = member.name;
    };
    for (const MemberPair& pair : sources_.pairs) {
      add(pair.base);
      add(pair.candidate);
    }
    return summary;
  }

  CompareFlags& flags_;
  const Invocation& invocation_;
  Measurement measurement_;
  Sources sources_;
  std::vector<std::pair<std::string, std::string>> forced_;  // candidate, note
};

}  // namespace

Command compare_command(const SweepEnvironment& environment) {
  return {.name = "compare",
          .summary = "says whether a candidate is better or worse than a base, or neither",
          .details = std::string(kDetails),
          .after_dashes = AfterDashes::bare_command,
          .declare = [environment](CLI::App& app, const Invocation& invocation) -> std::function<ExitCode()> {
            const auto flags = std::make_shared<CompareFlags>();
            declare_compare_flags(app, *flags);
            return [flags, environment, &invocation] { return CompareCommand(*flags, invocation, environment).run(); };
          }};
}

}  // namespace frostbyte::commands
