#include "results/claims/claims.h"

#include <gmock/gmock.h>

#include <fstream>

#include "launcher/base/file.h"
#include "results/claims/judge.h"
#include "results/claims/render.h"

namespace frostbyte::claims {
namespace {

using testing::HasSubstr;

constexpr const char* kHead =
    "[measurement.cold]\nfunctions = [\"a\", \"b\"]\narguments = [\"-r\", \"7\"]\n[[claim]]\nid = \"C1\"\nsource = "
    "\"s\"\n"
    "text = \"t\"\n";
constexpr const char* kTest =
    "measurement = \"cold\"\nmetric = \"memory.rss\"\nsubject = \"a\"\nagainst = \"b\"\nrelation = \"ratio\"\n";

std::string error_of(const std::string& text) {
  const auto claims = parse_claims(text, "claims.toml");
  return claims ? "no error" : claims.error().message();
}

TEST(ParseClaims, ReadsAClaimAndItsMeasurement) {
  const auto claims = parse_claims(std::string(kHead) + kTest + "published = 0.5\n", "claims.toml");
  ASSERT_TRUE(claims) << claims.error().message();
  EXPECT_EQ(claims->claims.at(0).published, 0.5);
  EXPECT_EQ(claims->claims.at(0).tolerance, 0.25);
  ASSERT_NE(claims->find("cold"), nullptr);
  EXPECT_TRUE(claims->find("cold")->is_sweep());
  EXPECT_EQ(claims->find("cold")->file(), "cold.jsonl");
}

TEST(ParseClaims, RefusesWhatCannotBeTested) {
  const std::string head = kHead, test = kTest;
  EXPECT_THAT(error_of(""), HasSubstr("it holds no claim"));
  EXPECT_THAT(error_of(head + test), HasSubstr("'claim.published' must be a number"));
  EXPECT_THAT(error_of(head + "why_not = \"no\"\ncolour = \"red\"\n"), HasSubstr("colour"));
  EXPECT_THAT(error_of(head + "measurement = \"hot\"\nmetric = \"memory.rss\"\nsubject = \"a\"\nagainst = \"b\"\n"
                              "relation = \"order\"\n"),
              HasSubstr("there is no [measurement.hot]"));
  EXPECT_THAT(error_of(head + "measurement = \"cold\"\nmetric = \"memory.rs\"\nsubject = \"a\"\n"),
              HasSubstr("no metric is called 'memory.rs'"));
  EXPECT_THAT(
      error_of(head + "measurement = \"cold\"\nmetric = \"memory.rss\"\nsubject = \"a\"\nrelation = \"order\"\n"),
      HasSubstr("against"));
  EXPECT_THAT(error_of("[measurement.x]\n[[claim]]\n"), HasSubstr("either `functions`"));
}

TEST(PublishedClaims, AreReadAndCoverC1ToC15) {
  const std::filesystem::path file = std::filesystem::path(FROSTBYTE_SOURCE) / "results/published/claims.toml";
  const auto claims = parse_claims(read_file(file).value(), file);
  ASSERT_TRUE(claims) << claims.error().message();
  for (int i = 1; i <= 15; ++i) {
    const std::string id = "C" + std::to_string(i);
    EXPECT_NE(std::ranges::find(claims->claims, id, &Claim::id), claims->claims.end()) << id;
  }
}

/// A run of two variants whose memory.rss is always `a` and `b` but for a little noise.
Evidence evidence_of(std::int64_t a, std::int64_t b, int launches = 11) {
  record::Header header;
  header.host["summary"] = "a host";
  header.variants = {{.name = "a", .values = {{"binary.file", 100}}}, {.name = "b", .values = {{"binary.file", 400}}}};
  std::vector<record::Sample> samples;
  for (int i = 0; i < launches; ++i) {
    for (const auto& [name, value] : {std::pair{"a", a}, {"b", b}}) {
      record::Sample sample;
      sample.sequence = samples.size();
      sample.round = static_cast<std::uint32_t>(i);
      sample.variant = name;
      sample.values["memory.rss"] = value + i % 3;
      samples.push_back(sample);
    }
  }
  return Evidence::of_run(record::Run::build(header, samples, record::EndReason::complete).value());
}

Claim ratio_claim(double published) {
  return {.id = "C1",
          .source = "s",
          .text = "t",
          .why_not = "",
          .measurement = "m",
          .metric = "memory.rss",
          .relation = Relation::ratio,
          .subject = "a",
          .against = "b",
          .published = published,
          .tolerance = 0.25};
}

TEST(Judge, ARatioIsReproducedWithinItsToleranceAndContradictedBeyond) {
  const Evidence evidence = evidence_of(5'000'000, 10'000'000);
  EXPECT_EQ(judge(ratio_claim(0.5), &evidence, "").verdict, Verdict::reproduced);
  EXPECT_EQ(judge(ratio_claim(0.45), &evidence, "").verdict, Verdict::reproduced);
  EXPECT_EQ(judge(ratio_claim(0.3), &evidence, "").verdict, Verdict::contradicted);
  EXPECT_EQ(judge(ratio_claim(2), &evidence, "").verdict, Verdict::contradicted);
}

TEST(Judge, AnIntervalOverAnEdgeIsUndecided) {
  const Evidence evidence = evidence_of(100, 200);  // the noise is 2 %
  Claim claim = ratio_claim(0.628);
  EXPECT_EQ(judge(claim, &evidence, "").verdict, Verdict::undecided);
  claim.relation = Relation::order;
  const Evidence equal = evidence_of(100, 100);
  EXPECT_EQ(judge(claim, &equal, "").verdict, Verdict::undecided);
}

/// The machine became three times as slow and as fast again; within a round that hit both alike.
TEST(Judge, WhatTheMachineDidInARoundIsNoDifference) {
  record::Header header;
  header.variants = {{.name = "a"}, {.name = "b"}};
  std::vector<record::Sample> samples;
  for (int i = 0; i < 20; ++i) {
    for (const auto& [name, value] : {std::pair{"a", 500}, {"b", 1000}}) {
      record::Sample sample;
      sample.sequence = samples.size();
      sample.round = static_cast<std::uint32_t>(i);
      sample.variant = name;
      sample.values["memory.rss"] = value * (i % 3 + 1);
      samples.push_back(sample);
    }
  }
  const auto evidence = Evidence::of_run(record::Run::build(header, samples, record::EndReason::complete).value());
  const Judged judged = judge(ratio_claim(0.5), &evidence, "");
  EXPECT_EQ(judged.verdict, Verdict::reproduced);
  EXPECT_EQ(judged.measured->low, 0.5);
  EXPECT_EQ(judged.measured->high, 0.5);
  EXPECT_EQ(judged.against->surely_below, 3000);
}

/// 15 launches within the tolerance but for one: the shown interval is inside, the one that decides is not.
TEST(Judge, DecidesByAWiderIntervalThanItShows) {
  record::Header header;
  header.variants = {{.name = "a"}};
  std::vector<record::Sample> samples;
  for (int i = 0; i < 15; ++i) {
    record::Sample sample;
    sample.sequence = samples.size();
    sample.round = static_cast<std::uint32_t>(i);
    sample.variant = "a";
    sample.values["memory.rss"] = i < 12 ? 100 : 126;
    samples.push_back(sample);
  }
  const auto evidence = Evidence::of_run(record::Run::build(header, samples, record::EndReason::complete).value());
  Claim claim = ratio_claim(100);
  claim.relation = Relation::absolute;
  claim.against.clear();
  const Judged judged = judge(claim, &evidence, "");
  EXPECT_EQ(judged.measured->high, 100);
  EXPECT_EQ(judged.measured->surely_below, 126);
  EXPECT_EQ(judged.verdict, Verdict::undecided);
}

TEST(Judge, AnOrderSaysWhichIsBelow) {
  Claim claim = ratio_claim(1);
  claim.relation = Relation::order;
  const Evidence below = evidence_of(1000, 2000), above = evidence_of(2000, 1000);
  EXPECT_EQ(judge(claim, &below, "").verdict, Verdict::reproduced);
  EXPECT_EQ(judge(claim, &above, "").verdict, Verdict::contradicted);
}

TEST(Judge, AnAbsoluteValueNeedsNoOtherSubject) {
  Claim claim = ratio_claim(90);
  claim.relation = Relation::absolute;
  claim.metric = "binary.file";
  claim.against.clear();
  const Evidence evidence = evidence_of(1, 1);
  EXPECT_EQ(judge(claim, &evidence, "").verdict, Verdict::reproduced);
  claim.published = 50;
  EXPECT_EQ(judge(claim, &evidence, "").verdict, Verdict::contradicted);
}

TEST(Judge, SaysWhyItCannot) {
  Claim claim = ratio_claim(1);
  EXPECT_EQ(judge(claim, nullptr, "nobody measured").reason, "nobody measured");
  const Evidence few = evidence_of(1, 1, 5);
  EXPECT_THAT(judge(claim, &few, "").reason, HasSubstr("too few launches for an interval: 5, 11 are needed"));
  const Evidence evidence = evidence_of(1, 1);
  claim.against = "c";
  EXPECT_EQ(judge(claim, &evidence, "").reason, "c was not measured");
  claim.against = "b";
  claim.metric = "memory.pss";
  EXPECT_EQ(judge(claim, &evidence, "").reason, "a has no memory.pss");
  claim.why_not = "no such host";
  EXPECT_EQ(judge(claim, &evidence, "").verdict, Verdict::not_measurable);
}

TEST(Evidence, ReadsTheReportsOwnShape) {
  const auto folder = TempDir::create().value();
  const auto file = folder.path() / "report.json";
  std::ofstream(file) << R"({"subjects":[{"name":"a","metrics":[{"metric":"build.lines","unit":"count","value":145},
    {"metric":"build.clean","unit":"ns","n":3,"p50":10,"ci_low":8,"ci_high":12},
    {"metric":"build.incremental","unit":"ns","value":null,"reason":"no compiler"}]}]})";
  const auto evidence = Evidence::of_report(file);
  ASSERT_TRUE(evidence) << evidence.error().message();
  EXPECT_EQ(evidence->figure("a", "build.lines")->value, 145);
  EXPECT_EQ(evidence->figure("a", "build.clean")->high, 12);
  EXPECT_EQ(evidence->figure("a", "build.incremental").error(), "a: no compiler");
  std::ofstream(file) << "{}";
  EXPECT_FALSE(Evidence::of_report(file));
}

TEST(Render, NamesTheHostAndEveryVerdict) {
  Claims claims{.title = "Title", .measurements = {}, .claims = {ratio_claim(0.5), ratio_claim(3)}};
  claims.claims[1].text = "a | b";
  const Evidence evidence = evidence_of(5'000'000, 10'000'000);
  std::vector<Answer> answers;
  for (const Claim& claim : claims.claims) answers.push_back({.claim = &claim, .judged = judge(claim, &evidence, "")});
  const std::string markdown = render_markdown(claims, answers, evidence.host());
  EXPECT_THAT(markdown, HasSubstr("Measured on: a host"));
  EXPECT_THAT(markdown, HasSubstr("**reproduced**"));
  EXPECT_THAT(markdown, HasSubstr("a \\| b"));
  EXPECT_THAT(render_summary(claims, answers, "a host"),
              HasSubstr("\n| C1 | t (s): 0.50 | a \\| b (s): 0.50 |  |  |\n"));
  EXPECT_THAT(render_console(claims, answers, "a host"), HasSubstr("contradicted"));
  EXPECT_THAT(render_json(claims, answers, "a host"), HasSubstr("\"verdict\": \"contradicted\""));
}

}  // namespace
}  // namespace frostbyte::claims
