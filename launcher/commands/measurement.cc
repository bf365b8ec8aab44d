#include "launcher/commands/measurement.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "launcher/commands/allocator_proof.h"
#include "launcher/commands/host_summary.h"
#include "launcher/commands/interruption.h"
#include "launcher/commands/message.h"
#include "launcher/commands/plan_request.h"
#include "launcher/commands/progress.h"
#include "launcher/commands/run_file.h"
#include "launcher/sweep/census.h"
#include "launcher/sweep/fake_executor.h"
#include "launcher/sweep/run_header.h"

namespace frostbyte::commands {
namespace {

void add_binary_sizes(const sweep::Plan& plan, record::Header& header) {
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

}  // namespace

bool Measurement::names_nothing() const {
  return !names_functions({.flags = flags_, .bare_words = invocation_.after_dashes, .search = {}, .isolations = {}});
}

Step<sweep::Plan> Measurement::read_plan(std::uint64_t seed) const {
  return or_usage(commands::read_plan({.flags = flags_,
                                       .bare_words = invocation_.after_dashes,
                                       .search = environment_.search_path(),
                                       .isolations = TRY(isolations()),
                                       .seed = seed}));
}

Step<std::vector<sandbox::Isolation>> Measurement::isolations() const {
  const auto asked = TRY(or_usage(parse_isolations(flags_.isolations)));
  const PartProbe none_missing = [] { return std::vector<sandbox::PartStatus>(); };
  IsolationChoice choice =
      TRY(or_cannot(choose_isolations(asked, flags_.fake_launches ? none_missing : environment_.probe_parts)));
  for (const std::string& text : choice.notes) note(text);
  return std::move(choice.isolations);
}

Result<std::unique_ptr<sweep::Executor>> Measurement::make_executor(const sweep::Plan& plan,
                                                                    const sweep::ExecutorOptions& options) const {
  if (flags_.fake_launches) return sweep::make_fake_executor(plan, *flags_.fake_launches);
  sweep::ExecutorOptions heeding = options;
  heeding.interrupted = &Interruption::flag();
  return environment_.make_executor(plan, heeding);
}

Result<void> Measurement::prove_allocators(const sweep::Plan& plan, const sweep::ExecutorOptions& options) const {
  const bool asked = std::ranges::find(flags_.by, "allocator") != flags_.by.end() ||
                     std::ranges::find(flags_.by, "knob") != flags_.by.end();
  if (!asked || flags_.fake_launches) return {};
  const auto make = [&](const sweep::Plan& questions) { return make_executor(questions, options); };
  for (const std::string& line : TRY(commands::prove_allocators(plan, environment_.search_path(), make))) note(line);
  return {};
}

record::Header Measurement::header(const sweep::Plan& plan, const sweep::ExecutorOptions& options) const {
  record::Header header = sweep::header_of(plan);
  header.argv = invocation_.argv;
  header.plan["executor"] = executor_json(options);
  add_binary_sizes(plan, header);
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

Result<void> Measurement::take_census(const sweep::Plan& plan, sweep::Executor& executor,
                                      record::Header& header) const {
  if (!flags_.census) return {};
  const Interruption interruption;
  return sweep::take_census(plan, executor, Interruption::flag(), header);
}

Result<sweep::SweepResult> Measurement::launch_all(const sweep::Plan& plan, sweep::Executor& executor,
                                                   record::RunWriter& writer, const sweep::History& history,
                                                   const std::function<Result<bool>()>& enough) const {
  const bool visible = !flags_.quiet && ::isatty(STDERR_FILENO) == 1;
  ProgressLine line(names_of(plan), visible ? ProgressLine::Visible::yes : ProgressLine::Visible::no);
  const Interruption interruption;
  const sweep::Hooks hooks{.on_sample = [&](const record::Sample& sample) { return writer.write(sample); },
                           .on_batch = [&](const sweep::Progress& progress) { line.show(progress); },
                           .enough = enough};
  return sweep::run_sweep(plan, executor, hooks, Interruption::flag(), history);
}

void Measurement::note_stopped(const record::Run& run) const {
  for (std::size_t i = 0; i < run.variants().size(); ++i) {
    const record::VariantData& data = run.variants()[i];
    if (!data.flags.contains(std::string(sweep::kStoppedFlag)) || data.failures.empty()) continue;
    const record::FailureKind& kind = data.failures.back();
    note(fmt::format("{} was stopped after identical failures: {}{}{}; --max-failures 0 launches on",
                     run.header().variants[i].name, record::to_string(kind.outcome), kind.detail.empty() ? "" : ": ",
                     kind.detail));
  }
}

void Measurement::note(const std::string& text) const {
  if (!flags_.quiet) say("note: " + text);
}

std::vector<std::string> names_of(const sweep::Plan& plan) {
  std::vector<std::string> names;
  for (const sweep::Variant& variant : plan.variants) names.push_back(variant.name);
  return names;
}

bool every_launch_failed(const record::Run& run) {
  const auto& outcomes = run.counts().outcomes;
  const std::uint64_t ok = outcomes[static_cast<std::size_t>(record::Outcome::ok)];
  return ok == 0 && run.counts().samples > run.counts().warmups;
}

}  // namespace frostbyte::commands
