// Sizes of images and binaries, exactly: read once, accounted, compared, judged.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "images/oci/path.h"
#include "launcher/base/file.h"
#include "launcher/base/nearest.h"
#include "launcher/commands/audit_flags.h"
#include "launcher/commands/audit_input.h"
#include "launcher/commands/changes_exhibit.h"
#include "launcher/commands/commands.h"
#include "launcher/commands/message.h"
#include "launcher/commands/run_output.h"
#include "launcher/commands/saved_audit.h"
#include "launcher/commands/step.h"
#include "results/compare/compare.h"

namespace frostbyte::commands {
namespace {

constexpr std::string_view kDetails =
    "Every byte is accounted for: what an image ships is what lives in it and what is dead, by cause; the bytes of a\n"
    "binary have one label each. Sizes are exact, and the same input gives the same report.\n"
    "Status 0: read, budgets kept; 1: a budget is not kept; 3: an input is unreadable or damaged.\n"
    "\n"
    "Examples\n"
    "  frostbyte audit image.tar\n"
    "  docker save app | frostbyte audit -\n"
    "  frostbyte audit app.tar --base base.tar --budget budgets.toml -o junit=checks.xml -o markdown=comment.md\n"
    "  frostbyte audit app.tar --save main.audit; frostbyte audit new.tar --against main.audit\n"
    "  frostbyte audit app.tar --explain /usr/lib/libbig.so --what-if\n"
    "  frostbyte audit ./server-glibc ./server-musl c-nolibc";

constexpr std::array<std::string_view, 2> kFamilies = {"image", "binary"};
/// What a comparison leads with, as far as both sides have it.
constexpr std::array<std::string_view, 8> kHeadlines = {"image.transfer",   "image.shipped", "image.live",
                                                        "image.dead",       "binary.file",   "binary.code",
                                                        "binary.read_only", "binary.debug"};

/// A candidate and what it was before.
struct Pairing {
  const Weighed* base = nullptr;
  const Weighed* candidate = nullptr;
};

class AuditCommand {
 public:
  AuditCommand(const AuditFlags& flags, const Invocation& invocation, const SweepEnvironment& environment)
      : flags_(flags), invocation_(invocation), environment_(environment) {}

  ExitCode run() {
    const Step<ExitCode> end = audit();
    return end ? *end : give_up(end.error().error, end.error().code);
  }

 private:
  Step<ExitCode> audit() {
    const auto outputs = TRY(or_usage(read_outputs()));
    const Gating gating = TRY(or_usage(Gating::read(flags_.gating, kFamilies)));
    if (!gating.note().empty()) say("note: " + gating.note());
    const auto names = TRY(or_usage(name_inputs(flags_.inputs, flags_.names)));
    TRY(or_usage(gating.check_subjects(names)));
    TRY(or_usage(refuse_two_streams()));
    const InputOptions options = TRY(read_options());
    for (std::size_t i = 0; i < flags_.inputs.size(); ++i)
      subjects_.push_back(TRY(or_cannot(weigh(flags_.inputs[i], names[i], options))));
    TRY(read_before(options));
    TRY(or_cannot(save()));
    return conclude(gating, outputs);
  }

  // ---- before ----

  Result<std::vector<Output>> read_outputs() const {
    auto outputs = TRY(parse_outputs(flags_.outputs, report_formats()));
    for (const Output& output : outputs)
      if (output.format == "csv" || output.format == "hyperfine")
        return failure("read -o", output.format + "=" + output.path, "it holds launches, and nothing is launched",
                       fmt::format("-o csv-summary={} has every figure", output.path));
    return outputs;
  }

  Result<void> refuse_two_streams() const {
    const auto streams = std::ranges::count(flags_.inputs, "-") + (flags_.against == "-" ? 1 : 0);
    if (streams <= 1) return {};
    return failure("audit", "-", "standard input is named twice", "name a file");
  }

  Step<InputOptions> read_options() const {
    InputOptions options{.open = TRY(or_usage(read_open_options(flags_))),
                         .zstd_levels = flags_.zstd,
                         .explain = oci::canonical_path(flags_.explain).path,
                         .ignore = flags_.ignore,
                         .top = flags_.top,
                         .what_if = flags_.what_if,
                         .with_parts = !flags_.save.empty() || !flags_.against.empty(),
                         .search = environment_.search_path()};
    if (flags_.what_if && options.zstd_levels.empty()) options.zstd_levels = {3, 9};
    if (!flags_.base.empty()) options.base = TRY(or_cannot(open_base(flags_.base, options.open)));
    return options;
  }

  // ---- what it was before ----

  Step<void> read_before(InputOptions options) {
    if (flags_.against.empty()) return {};
    if (is_saved_audit(flags_.against)) {
      before_ = TRY(or_cannot(read_saved_audit(flags_.against)));
    } else {
      options.what_if = false;
      options.zstd_levels.clear();
      const std::string name = TRY(or_usage(name_inputs({flags_.against}, {}))).front();
      before_.push_back(TRY(or_cannot(weigh(flags_.against, name, options))));
    }
    return or_usage(pair_up());
  }

  /// By name; a lone subject on a side goes with every one on the other.
  Result<void> pair_up() {
    for (const Weighed& candidate : subjects_) {
      const auto name = [](const Weighed& one) { return one.info.name; };
      auto base = std::ranges::find(before_, candidate.info.name, name);
      if (base == before_.end() && before_.size() == 1) base = before_.begin();
      if (base == before_.end()) {
        std::vector<std::string> names;
        for (const Weighed& one : before_) names.push_back(one.info.name);
        return failure("compare", candidate.info.name, "there is nothing of that name in " + flags_.against,
                       "it has: " + listing(names) + "; -n NAME names an input");
      }
      pairings_.push_back({.base = &*base, .candidate = &candidate});
    }
    return {};
  }

  Result<void> save() const {
    if (flags_.save.empty()) return {};
    return write_atomically(flags_.save, saved_audit(subjects_));
  }

  // ---- the report ----

  Step<ExitCode> conclude(const Gating& gating, const std::vector<Output>& outputs) {
    const record::Run run = TRY(or_cannot(record::Run::start(header())));
    report::Report report{.summary = summary::summarise(run), .comparisons = compare_sizes(run)};
    report.summary.subjects.resize(subjects_.size());  // without what they were before
    for (std::size_t i = 0; i < subjects_.size(); ++i) {
      summary::Subject& subject = report.summary.subjects[i];
      subject.description = subjects_[i].description;
      if (!pairings_.empty())
        for (summary::Exhibit& changes : change_exhibits(pairings_[i].base->parts, subjects_[i].parts, flags_.top))
          subject.exhibits.push_back(std::move(changes));
      std::ranges::copy(subjects_[i].exhibits, std::back_inserter(subject.exhibits));
    }
    TRY(or_usage(gating.judge(report)));
    TRY(or_cannot(write_outputs(report, "", outputs, flags_.color)));
    return gated(ExitCode::pass, report.checks);
  }

  /// The subjects, then what each of them was before, so that comparisons find both.
  [[nodiscard]] record::Header header() const {
    record::Header header;
    header.tool = environment_.tool;
    header.argv = invocation_.argv;
    if (!header.argv.empty()) header.argv.front() = "frostbyte";
    header.plan["kind"] = "audit";
    for (const Weighed& subject : subjects_) header.variants.push_back(subject.info);
    for (std::size_t i = 0; i < pairings_.size(); ++i) {
      header.variants.push_back(pairings_[i].base->info);
      header.variants.back().name = base_name(i);
    }
    return header;
  }

  [[nodiscard]] std::string base_name(std::size_t pairing) const {
    std::string name = pairings_[pairing].base->info.name + " before";
    const auto taken = [&](const std::string& text) {
      return std::ranges::any_of(subjects_, [&](const Weighed& one) { return one.info.name == text; });
    };
    if (pairings_.size() > 1 && before_.size() == 1)
      name += fmt::format(" {}", pairings_[pairing].candidate->info.name);
    while (taken(name)) name += "'";
    return name;
  }

  [[nodiscard]] std::vector<compare::Comparison> compare_sizes(const record::Run& run) const {
    std::vector<compare::Pair> pairs;
    for (std::uint32_t i = 0; i < pairings_.size(); ++i) {
      const auto base = static_cast<std::uint32_t>(subjects_.size()) + i;
      pairs.push_back({.base = {.run = &run, .variant = base, .name = base_name(i)},
                       .candidate = {.run = &run, .variant = i, .name = subjects_[i].info.name}});
    }
    compare::Options options;
    options.primary.clear();
    for (const std::string_view metric : kHeadlines) {
      const auto has = [&](const Weighed& one) { return one.info.values.contains(std::string(metric)); };
      if (std::ranges::any_of(subjects_, has)) options.primary.emplace_back(metric);
    }
    return compare::compare(pairs, options);
  }

  const AuditFlags& flags_;
  const Invocation& invocation_;
  const SweepEnvironment& environment_;
  std::vector<Weighed> subjects_;
  std::vector<Weighed> before_;
  std::vector<Pairing> pairings_;
};

}  // namespace

Command audit_command(const SweepEnvironment& environment) {
  return {.name = "audit",
          .summary = "says exactly what images and binaries weigh, what of it is dead, and what changed",
          .details = std::string(kDetails),
          .after_dashes = AfterDashes::positionals,
          .declare = [environment](CLI::App& app, const Invocation& invocation) -> std::function<ExitCode()> {
            const auto flags = std::make_shared<AuditFlags>();
            declare_audit_flags(app, *flags);
            return [flags, environment, &invocation] { return AuditCommand(*flags, invocation, environment).run(); };
          }};
}

}  // namespace frostbyte::commands
