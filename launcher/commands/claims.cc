// Published figures put to the test. Each measurement a claims.toml names is an ordinary sweep, by this program in a
// process of its own (a sweep enters namespaces that cannot be left again), into a run file that --resume, report and
// compare understand.
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <memory>

#include "launcher/base/file.h"
#include "launcher/commands/claims_flags.h"
#include "launcher/commands/commands.h"
#include "launcher/commands/message.h"
#include "launcher/commands/outputs.h"
#include "launcher/commands/step.h"
#include "launcher/function/function.h"
#include "results/claims/render.h"

namespace frostbyte::commands {
namespace {

using claims::Claims;
using claims::Evidence;
using claims::Measurement;

constexpr std::string_view kDetails =
    "Sweeps what the claims need, unless its run file is there already, and says of each published figure whether it "
    "is\n"
    "reproduced, contradicted, undecided or not measurable here, with the measured value and interval beside it.\n"
    "\n"
    "Examples\n"
    "  frostbyte claims results/published/claims.toml --runs results/published --measure none\n"
    "  frostbyte claims my-claims.toml --runs runs -o markdown=claims.md -o json=claims.json";

/// What a measurement gave, or why it gave nothing.
struct Outcome {
  std::optional<Evidence> evidence{};
  std::string missing{};
};

class ClaimsCommand {
 public:
  ClaimsCommand(const ClaimsFlags& flags, const SweepEnvironment& environment)
      : flags_(flags), environment_(environment) {}

  ExitCode run() {
    const Step<void> done = judge_all();
    return done ? ExitCode::pass : give_up(done.error().error, done.error().code);
  }

 private:
  Step<void> judge_all() {
    const std::vector<std::string> formats = {"console", "markdown", "summary", "json"};
    const auto outputs = TRY(or_usage(parse_outputs(flags_.outputs, formats)));
    const std::string text = TRY(or_cannot(read_file(flags_.file)));
    const Claims claims = TRY(or_usage(claims::parse_claims(text, flags_.file)));
    std::optional<TempDir> temporary;
    if (flags_.runs.empty()) temporary = TRY(or_cannot(TempDir::create()));
    folder_ = temporary ? temporary->path() : std::filesystem::path(flags_.runs);
    std::error_code error;
    std::filesystem::create_directories(folder_, error);
    std::map<std::string, Outcome> outcomes;
    for (const Measurement& measurement : claims.measurements)
      outcomes[measurement.name] = TRY(or_cannot(answer(measurement)));
    return write(claims, outcomes, outputs);
  }

  Result<Outcome> answer(const Measurement& measurement) {
    const std::filesystem::path file = folder_ / measurement.file();
    const bool there = std::filesystem::exists(file);
    if (!measurement.is_sweep()) {
      if (!there) return Outcome{.missing = fmt::format("{} is not there: {}", file.string(), measurement.command)};
      return Outcome{.evidence = TRY(Evidence::of_report(file))};
    }
    const bool wanted = flags_.measure == "all" || (flags_.measure == "missing" && !there);
    if (wanted) {
      if (auto why = TRY(sweep(measurement, file))) return Outcome{.missing = *why};
    } else if (!there) {
      return Outcome{.missing = fmt::format("{} is not there, and nothing was to be measured", file.string())};
    }
    const record::Run run = TRY(record::read_run(file));
    return Outcome{.evidence = Evidence::of_run(run)};
  }

  /// Why it could not be made; nothing when it was. Errors: the program itself cannot be started.
  Result<std::optional<std::string>> sweep(const Measurement& measurement, const std::filesystem::path& file) const {
    std::vector<std::string> words = {"frostbyte", "sweep"};
    for (const std::string& name : measurement.functions) {
      const auto function = function::load_function(name, environment_.search_path());
      const bool built = function && std::filesystem::exists(function->program);
      if (built)
        words.push_back(name);
      else
        note(fmt::format("{} is not built here: claims about it are not measurable", name));
    }
    if (words.size() == 2) return "none of its functions is built here";
    words.insert(words.end(), measurement.arguments.begin(), measurement.arguments.end());
    words.insert(words.end(), {"--run-file", file.string(), "--overwrite", "-o", "json=/dev/null"});
    note(fmt::format("{}: {}", measurement.name, fmt::join(words, " ")));
    const int status = TRY(run_self(words));
    if (status == 0) return std::nullopt;
    return fmt::format("its sweep ended with status {}", status);
  }

  /// This program with other words; its exit status, or 128 + the signal that ended it.
  static Result<int> run_self(std::vector<std::string>& words) {
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    pid_t child = 0;
    const int error = ::posix_spawn(&child, "/proc/self/exe", nullptr, nullptr, argv.data(), environ);
    if (error != 0) return system_failure(error, "start", "a sweep");
    int status = 0;
    while (::waitpid(child, &status, 0) < 0)
      if (errno != EINTR) return system_failure("wait for", "a sweep");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  static Step<void> write(const Claims& claims, const std::map<std::string, Outcome>& outcomes,
                          const std::vector<Output>& outputs) {
    std::vector<claims::Answer> answers;
    std::string host;
    for (const claims::Claim& claim : claims.claims) {
      static const Outcome kNone;
      const auto found = outcomes.find(claim.measurement);
      const Outcome& outcome = found == outcomes.end() ? kNone : found->second;
      if (outcome.evidence && host.empty()) host = outcome.evidence->host();
      answers.push_back(
          {.claim = &claim,
           .judged = claims::judge(claim, outcome.evidence ? &*outcome.evidence : nullptr, outcome.missing)});
    }
    for (const Output& output : outputs) {
      const auto render = output.format == "json"       ? claims::render_json
                          : output.format == "markdown" ? claims::render_markdown
                          : output.format == "summary"  ? claims::render_summary
                                                        : claims::render_console;
      TRY(or_cannot(write_output(output, render(claims, answers, host))));
    }
    return {};
  }

  void note(const std::string& text) const {
    if (!flags_.quiet) say("note: " + text);
  }

  const ClaimsFlags& flags_;
  const SweepEnvironment& environment_;
  std::filesystem::path folder_;
};

}  // namespace

Command claims_command(const SweepEnvironment& environment) {
  return {.name = "claims",
          .summary = "puts published figures to the test",
          .details = std::string(kDetails),
          .after_dashes = AfterDashes::positionals,
          .declare = [environment](CLI::App& app, const Invocation&) -> std::function<ExitCode()> {
            const auto flags = std::make_shared<ClaimsFlags>();
            declare_claims_flags(app, *flags);
            return [flags, environment] { return ClaimsCommand(*flags, environment).run(); };
          }};
}

}  // namespace frostbyte::commands
