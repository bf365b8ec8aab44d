// What people and programs see of two runs: tests/fixtures/record/synthetic.jsonl (see make_run.py), and one with
// regimes, absent figures and too few launches, made here.
#include "results/report/render.h"

#include <gtest/gtest.h>

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
