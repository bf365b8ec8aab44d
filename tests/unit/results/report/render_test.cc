#include "results/report/render.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "../run_maker.h"
#include "results/report/text.h"

namespace frostbyte::report {
namespace {

using record::failed;
using record::launched;
using record::RunMaker;

using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string shown(const record::Run& run, std::string_view format, const RenderOptions& options = {}) {
  return render(format, {.summary = summary::summarise(run)}, options).value();
}

/// Names, causes and outputs of functions are theirs, not ours: anything may be in them.
record::Run hostile_run(const std::string& name, const std::string& noise) {
  return RunMaker()
      .variant(name, {{"language", noise}})
      .variant(name + "2", {{"language", "c"}})
      .variant(name + "3", {{"language", "c"}})
      .add_many(name, 40, [](int i) { return launched(100'000 + i * 37); })
      .add(name + "2", failed(record::Outcome::wrong_response, noise))
      .add(name + "3",
           [&] {
             record::Sample sample = launched(2'000'000);
             sample.flags = {noise};
             sample.unavailable = {{"memory.rss", noise}};
             return sample;
           }())
      .make();
}

TEST(Formats, HaveUniqueNamesAndASummaryForTheHelp) {
  std::set<std::string_view> names;
  for (const Format& format : formats()) {
    EXPECT_TRUE(names.insert(format.name).second);
    EXPECT_FALSE(format.summary.empty());
  }
  for (const char* name : {"console", "markdown", "json", "csv"}) EXPECT_TRUE(names.contains(name)) << name;
}

TEST(Formats, AnUnknownOneIsRefusedWithTheList) {
  const record::Run run = RunMaker().make();
  const auto text = render("xml", {.summary = summary::summarise(run)});
  ASSERT_FALSE(text.has_value());
  EXPECT_THAT(text.error().message(), AllOf(HasSubstr("'xml'"), HasSubstr("console, markdown, json, csv")));
}

TEST(Formats, EachRendersARunOfNothing) {
  const record::Run empty = RunMaker().make();
  const record::Run unmeasured = RunMaker().variant("a").make();
  for (const Format& format : formats()) {
    for (const record::Run* run : {&empty, &unmeasured}) {
      const auto text = render(format.name, {.summary = summary::summarise(*run)});
      ASSERT_TRUE(text.has_value()) << format.name;
      EXPECT_THAT(*text, ::testing::EndsWith("\n")) << format.name;
    }
  }
}

TEST(Console, NeverWiderThanTheTerminal) {
  EXPECT_TRUE(rc::check("width", [](const std::string& noise) {
    const record::Run run = hostile_run("a-function-with-quite-a-long-name", noise);
    for (const std::uint32_t width : {60u, 80u, 100u, 140u, 200u}) {
      for (const Charset charset : {Charset::ascii, Charset::unicode}) {
        for (const std::string& line : lines_of(shown(run, "console", {.charset = charset, .width = width}))) {
          const bool one_long_word = line.find(' ', 2) == std::string::npos;
          RC_ASSERT(width_of(line) < width || one_long_word || width_of(noise) + 50 > width);
        }
      }
    }
  }));
}

TEST(Console, AsciiIsAscii_AndColourOnlyWhenAsked) {
  EXPECT_TRUE(rc::check("bytes", [](const std::string& noise) {
    const record::Run run = hostile_run("ä", noise);
    for (const char c : shown(run, "console", {.charset = Charset::ascii}))
      RC_ASSERT(static_cast<unsigned char>(c) < 0x80);
    RC_ASSERT(shown(run, "console").find('\x1b') == std::string::npos);
  }));
  const record::Run run = hostile_run("a", "b");
  EXPECT_THAT(shown(run, "console", {.colour = Colour::on}), HasSubstr("\x1b[31m"));
}

TEST(Console, ColourChangesNothingButColour) {
  const record::Run run = hostile_run("a", "b");
  EXPECT_EQ(printable(shown(run, "console", {.colour = Colour::on}), Charset::unicode),
            printable(shown(run, "console"), Charset::unicode));
}

TEST(Console, SaysWhatItLeftOut) {
  const record::Run run = hostile_run("a-function-with-quite-a-long-name", "b");
  EXPECT_THAT(shown(run, "console", {.width = 60}), HasSubstr("Without room at this width"));
  EXPECT_THAT(shown(run, "console", {.width = 200}), Not(HasSubstr("Without room")));
}

TEST(Console, ATruncatedRunSaysSo) {
  record::Run run = record::Run::build({.variants = {{.name = "a"}}}, {}).value();
  run.note("the last line is cut off");
  EXPECT_THAT(shown(run, "console"), HasSubstr("! the last line is cut off"));
}

TEST(Markdown, NoTextOfOthersBecomesMarkup) {
  const record::Run run = hostile_run("a|b", "<img src=x> `|` **bold** [link](x)");
  const std::string text = shown(run, "markdown");
  EXPECT_THAT(text, HasSubstr("\\<img src=x\\> \\`\\|\\` \\*\\*bold\\*\\* \\[link\\](x)"));
  for (std::size_t at = text.find_first_of("<["); at != std::string::npos; at = text.find_first_of("<[", at + 1)) {
    EXPECT_EQ(text[at - 1], '\\') << text.substr(at, 20);
  }
  std::set<std::ptrdiff_t> bars;
  for (const std::string& line : lines_of(text)) {
    if (!line.starts_with('|')) continue;
    std::ptrdiff_t count = 0;
    for (std::size_t i = 0; i < line.size(); ++i) count += line[i] == '|' && (i == 0 || line[i - 1] != '\\');
    bars.insert(count);
  }
  EXPECT_EQ(bars.size(), 1u) << "every row has the same cells";
}

TEST(Json, IsWhatTheDesignPromises) {
  RunMaker maker;
  maker.variant("a", {{"language", "c"}}).variant("b");
  maker.header().variants[0].values = {{"binary.file", 912}};
  maker.add_many("a", 10, [](int i) { return launched(1'000 + i); })
      .add("b", failed(record::Outcome::refused, "nothing listens"));
  const record::Run run = maker.make();
  const auto json = nlohmann::json::parse(shown(run, "json"));
  EXPECT_EQ(json["schema"], "frostbyte.report/1");
  EXPECT_TRUE(json["checks"].is_array());
  const auto& a = json["subjects"][0];
  EXPECT_EQ(a["name"], "a");
  EXPECT_EQ(a["labels"]["language"], "c");
  EXPECT_EQ(a["outcomes"]["ok"], 10);
  const auto& first = a["metrics"][0];
  EXPECT_EQ(first["metric"], "launch.exec_to_first_response");
  EXPECT_EQ(first["unit"], "ns");
  EXPECT_EQ(first["n"], 10);
  EXPECT_EQ(first["p50"], 1'004.5);
  EXPECT_TRUE(first["min"].is_number_integer());
  EXPECT_LE(first["ci_low"], first["p50"]);
  EXPECT_GE(first["ci_high"], first["p50"]);
  EXPECT_FALSE(first.contains("p90")) << "10 launches do not bound it";
  EXPECT_EQ(a["metrics"].back(), nlohmann::json({{"metric", "binary.file"}, {"unit", "bytes"}, {"value", 912}}));
  const auto& b = json["subjects"][1];
  EXPECT_TRUE(b["metrics"][0]["value"].is_null());
  EXPECT_EQ(b["metrics"][0]["reason"], "no measured launch succeeded");
  EXPECT_EQ(b["outcomes"]["ok"], 0);
  EXPECT_EQ(b["outcomes"]["refused"], 1);
  EXPECT_EQ(b["failures"][0]["detail"], "nothing listens");
}

TEST(Json, ParsesWhateverFunctionsSay) {
  EXPECT_TRUE(rc::check("parses", [](const std::string& noise) {
    const record::Run run = hostile_run("a", noise);
    RC_ASSERT(nlohmann::json::accept(shown(run, "json")));
  }));
}

TEST(Csv, HasOneRowALaunchInLaunchOrder_WithEmptyCellsForWhatIsNotThere) {
  const record::Run run = RunMaker()
                              .variant("a,\"b\"")
                              .variant("c")
                              .add("c", launched(5))
                              .add("a,\"b\"", failed(record::Outcome::timeout, "listen"))
                              .add("a,\"b\"", launched(7))
                              .make();
  EXPECT_EQ(shown(run, "csv"),
            "sequence,round,variant,warmup,outcome,launch.exec_to_first_response\n"
            "0,0,c,0,ok,5\n"
            "1,0,\"a,\"\"b\"\"\",0,timeout,\n"
            "2,0,\"a,\"\"b\"\"\",0,ok,7\n");
}

TEST(CsvSummary, EveryRowHasTheCellsOfItsHeading) {
  RunMaker maker;
  maker.variant("a").variant("b");
  maker.header().variants[0].values = {{"binary.file", 912}};
  const record::Run run = maker.add_many("a", 300, [](int i) { return launched(1'000 + i); }).make();
  std::set<std::ptrdiff_t> commas;
  for (const std::string& line : lines_of(shown(run, "csv-summary"))) commas.insert(std::ranges::count(line, ','));
  EXPECT_EQ(commas.size(), 1u);
}

TEST(TerminalOptions, AFileIsPlainUnicode) {
  const RenderOptions options = terminal_options(-1);
  EXPECT_EQ(options.colour, Colour::off);
  EXPECT_EQ(options.charset, Charset::unicode);
}

}  // namespace
}  // namespace frostbyte::report
