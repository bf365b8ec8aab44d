// What people and programs see of two runs: tests/fixtures/record/synthetic.jsonl (see make_run.py), and one with
// regimes, absent figures and too few launches, made here.
#include "results/report/render.h"

#include <gtest/gtest.h>

#include <limits>

#include "golden.h"

namespace frostbyte::report {
namespace {

using golden::expect_golden;

const record::Run& synthetic() {
  static const record::Run run = record::read_run(FROSTBYTE_FIXTURES "/record/synthetic.jsonl").value();
  return run;
}

record::Sample launch(std::uint64_t sequence, const std::string& variant, std::int64_t response) {
  record::Sample sample;
  sample.sequence = sequence;
  sample.variant = variant;
  sample.stamps = {{"spawn", 0}, {"exec", 60'000}, {"response", 60'000 + response}};
  sample.unavailable = {{"memory.rss", "the process was gone before it could be read"}};
  sample.flags = {"listen_continued"};
  return sample;
}

/// Two functions under two regimes each; four launches of each, one of which never answers.
const record::Run& regimes() {
  static const record::Run run = [] {
    record::Header header;
    header.tool = {.version = "0.1.0"};
    header.seed = 7;
    for (const std::string function : {"c-nolibc", "server"}) {
      for (const std::string cache : {"warm", "cold"}) {
        header.variants.push_back({.name = function + "[cache=" + cache + "]",
                                   .labels = {{"cache", cache}, {"isolation", "full"}},
                                   .unavailable = {{"binary.file", "it is a bare command"}}});
      }
    }
    header.variants.push_back({.name = "mute[cache=warm]", .labels = {{"cache", "warm"}, {"isolation", "full"}}});
    std::vector<record::Sample> samples;
    for (int round = 0; round < 4; ++round) {
      for (std::size_t v = 0; v < 4; ++v) {
        const std::int64_t response = (v < 2 ? 150'000 : 40'000'000) * (v % 2 == 0 ? 1 : 3) + round * 1'000;
        samples.push_back(launch(samples.size(), header.variants[v].name, response));
      }
      record::Sample mute;
      mute.sequence = samples.size();
      mute.variant = "mute[cache=warm]";
      mute.outcome = record::Outcome::timeout;
      mute.detail = "response: nothing came in 10 s";
      mute.stderr_tail = round == 0 ? "listening on \xff\x1b]0;title\x07 8080\n\n" : "";
      samples.push_back(mute);
    }
    return record::Run::build(header, samples, record::EndReason::interrupted).value();
  }();
  return run;
}

std::string shown(const record::Run& run, std::string_view format, const RenderOptions& options = {}) {
  return render(format, {.summary = summary::summarise(run)}, options).value();
}

/// A check of every status, and a comparison with one verdict and one reason for none.
const Report& judged() {
  static const Report report = [] {
    Report made{.summary = summary::summarise(regimes())};
    const auto check = [&](gate::Status status, gate::Level level, std::string detail, std::string message) {
      made.checks.push_back({.metric = "launch.exec_to_first_response",
                             .subject = "server[cache=" + std::to_string(made.checks.size()) + "]",
                             .limit = "at most 3 % or 20 us above the base, whichever is more",
                             .level = level,
                             .status = status,
                             .unit = metric::Unit::nanoseconds,
                             .actual = 318'000,
                             .bound = 330'000,
                             .base = 310'000,
                             .detail = std::move(detail),
                             .message = std::move(message),
                             .origin = "budgets.toml:" + std::to_string(4 + made.checks.size())});
    };
    check(gate::Status::pass, gate::Level::fail, "+8 µs on 310 µs, +2.58 %", "");
    check(gate::Status::ignored, gate::Level::fail, "+40 µs on 310 µs; ignored until 2027-01-31", "known");
    check(gate::Status::warned, gate::Level::warn, "+40 µs on 310 µs, +12.9 %", "");
    check(gate::Status::undecided, gate::Level::fail, "the limit lies inside the interval", "");
    check(gate::Status::failed, gate::Level::fail, "could not be measured: no measured launch succeeded",
          "a product promise | see METHOD.md");
    made.checks.back().actual.reset();
    compare::MetricComparison time{.metric = metric::find(metric::kHeadline), .primary = true, .n_base = 4};
    time.base = 310'000;
    time.candidate = 318'000;
    time.shift = compare::Estimate{.value = 8'000, .low = -1'000.5, .high = std::numeric_limits<double>::infinity()};
    time.verdict = compare::Verdict::inconclusive;
    time.reason = "too few rounds";
    made.comparisons.push_back({.base = "before", .candidate = "after", .paired = true, .metrics = {time}});
    return made;
  }();
  return report;
}

TEST(ChecksGolden, InTheConsole) {
  expect_golden("report/checks-console.txt", render("console", judged(), {.width = 100}).value());
}
TEST(ChecksGolden, InColour) {
  expect_golden("report/checks-colour.txt", render("console", judged(), {.colour = Colour::on, .width = 60}).value());
}
TEST(ChecksGolden, InMarkdown) { expect_golden("report/checks.md", render("markdown", judged()).value()); }
TEST(ChecksGolden, InJson) { expect_golden("report/checks.json", render("json", judged()).value()); }
TEST(ChecksGolden, InJunit) { expect_golden("report/checks.xml", render("junit", judged()).value()); }
TEST(ChecksGolden, AsAnnotations) { expect_golden("report/checks-github.txt", render("github", judged()).value()); }
TEST(OpenMetricsGolden, Regimes) { expect_golden("report/regimes.openmetrics", shown(regimes(), "openmetrics")); }

TEST(ConsoleGolden, EightyColumns) { expect_golden("report/console-80.txt", shown(synthetic(), "console")); }
TEST(ConsoleGolden, AHundredAndFortyColumns) {
  expect_golden("report/console-140.txt", shown(synthetic(), "console", {.width = 140}));
}
TEST(ConsoleGolden, ColoursOnly) {
  expect_golden("report/console-colour.txt", shown(synthetic(), "console", {.colour = Colour::on, .width = 100}));
}
TEST(ConsoleGolden, AsciiInAVeryNarrowTerminal) {
  expect_golden("report/console-ascii-50.txt", shown(synthetic(), "console", {.charset = Charset::ascii, .width = 50}));
}
TEST(ConsoleGolden, RegimesAbsentFiguresAndFewLaunches) {
  expect_golden("report/regimes-console.txt", shown(regimes(), "console", {.width = 100}));
}
TEST(MarkdownGolden, Synthetic) { expect_golden("report/markdown.md", shown(synthetic(), "markdown")); }
TEST(MarkdownGolden, Regimes) { expect_golden("report/regimes-markdown.md", shown(regimes(), "markdown")); }
TEST(JsonGolden, Synthetic) { expect_golden("report/report.json", shown(synthetic(), "json")); }
TEST(JsonGolden, Regimes) { expect_golden("report/regimes.json", shown(regimes(), "json")); }
TEST(CsvGolden, Regimes) { expect_golden("report/regimes.csv", shown(regimes(), "csv")); }
TEST(CsvGolden, SummaryOfRegimes) { expect_golden("report/regimes-summary.csv", shown(regimes(), "csv-summary")); }

}  // namespace
}  // namespace frostbyte::report
