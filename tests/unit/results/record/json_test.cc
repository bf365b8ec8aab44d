#include "results/record/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "sample_maker.h"

namespace frostbyte::record {
namespace {

using ::testing::HasSubstr;

std::string error_of(std::string_view line) {
  Sample sample;
  const auto kind = decode_sample(line, sample);
  return kind ? "" : kind.error().message();
}

std::string header_error_of(std::string_view line) {
  const auto header = decode_header(line);
  return header ? "" : header.error().message();
}

rc::Gen<std::int64_t> any_integer() { return rc::gen::arbitrary<std::int64_t>(); }

std::map<std::string, std::string> utf8(const std::map<std::string, std::string>& map) {
  std::map<std::string, std::string> out;
  for (const auto& [key, value] : map) out[to_utf8(key)] = to_utf8(value);
  return out;
}

TEST(SampleJson, EverySampleSurvivesTheFile) {
  EXPECT_TRUE(rc::check("decode(encode(sample)) == sample, with its text as UTF-8", [] {
    Sample in;
    in.sequence = static_cast<std::uint64_t>(*rc::gen::nonNegative<std::int64_t>());
    in.round = *rc::gen::arbitrary<std::uint32_t>();
    in.variant = *rc::gen::arbitrary<std::string>();
    in.warmup = *rc::gen::arbitrary<bool>();
    in.outcome = static_cast<Outcome>(*rc::gen::inRange(0, static_cast<int>(kOutcomes)));
    in.detail = *rc::gen::arbitrary<std::string>();
    in.stderr_tail = *rc::gen::arbitrary<std::string>();
    in.errno_value = *rc::gen::arbitrary<int>();
    in.exit_status = *rc::gen::arbitrary<int>();
    in.exit_signal = *rc::gen::arbitrary<int>();
    in.error_ns = *any_integer();
    in.stamps = *rc::gen::container<std::map<std::string, std::int64_t>>(rc::gen::string<std::string>(), any_integer());
    in.sources = *rc::gen::arbitrary<std::map<std::string, std::string>>();
    in.flags = *rc::gen::arbitrary<std::vector<std::string>>();

    const std::string line = encode(in);
    RC_ASSERT(line.find('\n') == std::string::npos);
    Sample out;
    const auto kind = decode_sample(line, out);
    RC_ASSERT(kind.has_value());
    RC_ASSERT(*kind == LineKind::sample);
    RC_ASSERT(out.sequence == in.sequence);
    RC_ASSERT(out.round == in.round);
    RC_ASSERT(out.variant == to_utf8(in.variant));
    RC_ASSERT(out.warmup == in.warmup);
    RC_ASSERT(out.outcome == in.outcome);
    RC_ASSERT(out.detail == to_utf8(in.detail));
    RC_ASSERT(out.stderr_tail == to_utf8(in.stderr_tail));
    RC_ASSERT(out.errno_value == in.errno_value);
    RC_ASSERT(out.exit_status == in.exit_status);
    RC_ASSERT(out.exit_signal == in.exit_signal);
    RC_ASSERT(out.error_ns == in.error_ns);
    RC_ASSERT(out.sources == utf8(in.sources));
    RC_ASSERT(out.flags.size() == in.flags.size());
    for (const auto& [stamp, value] : in.stamps) RC_ASSERT(out.stamps.at(to_utf8(stamp)) == value);
  }));
}

TEST(SampleJson, WhatSaysNothingIsLeftOut) {
  Sample sample;
  sample.variant = "a";
  EXPECT_EQ(encode(sample), R"({"sequence":0,"round":0,"variant":"a","outcome":"ok"})");
}

TEST(SampleJson, AFailureReadsAsItHappened) {
  const std::string expected =
      R"x({"sequence":4,"round":2,"variant":"b","outcome":"crashed","detail":"signal 11 (SIGSEGV)",)x"
      R"x("phase":"listen","exit_signal":11,"stderr_tail":"boom\n","values":{"memory.rss":7}})x";
  EXPECT_EQ(encode(failed_sample(4, "b")), expected);
}

TEST(SampleJson, BytesThatAreNotUtf8BecomeTheirHexadecimalName) {
  EXPECT_EQ(to_utf8("ok \xff\xc0\xaf"), "ok \\xff\\xc0\\xaf");
  EXPECT_EQ(to_utf8("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "a surrogate is not UTF-8";
  EXPECT_EQ(to_utf8("\xe2\x82"), "\\xe2\\x82") << "a tail cut in the middle of a character";
  EXPECT_EQ(to_utf8("€ µ 😀"), "€ µ 😀");
}

TEST(SampleJson, MembersOfALaterVersionAreSkipped_HoweverDeep) {
  Sample sample;
  const auto kind = decode_sample(
      R"({"sequence":3,"future":{"stamps":{"exec":1},"list":[1,{"a":null}]},"round":1,"more":[[]],"variant":"a","x":1.5,"outcome":"ok"})",
      sample);
  ASSERT_TRUE(kind.has_value()) << kind.error().message();
  EXPECT_EQ(sample.sequence, 3u);
  EXPECT_TRUE(sample.stamps.empty());
}

TEST(SampleJson, NothingOfThePreviousLineRemains) {
  Sample sample;
  ASSERT_TRUE(decode_sample(encode(failed_sample(0, "a")), sample).has_value());
  ASSERT_TRUE(decode_sample(R"({"sequence":1,"round":0,"variant":"b","outcome":"ok"})", sample).has_value());
  EXPECT_EQ(encode(sample), R"({"sequence":1,"round":0,"variant":"b","outcome":"ok"})");
}

struct Bad {
  const char* line;
  const char* cause;
};
class BadSample : public ::testing::TestWithParam<Bad> {};

TEST_P(BadSample, IsRefusedByName) { EXPECT_THAT(error_of(GetParam().line), HasSubstr(GetParam().cause)); }

INSTANTIATE_TEST_SUITE_P(
    Each, BadSample,
    ::testing::Values(
        Bad{"", "cannot read member 'line': it is not JSON"}, Bad{"{", "it is not JSON"},
        Bad{"[]", "'line': it is not an object"}, Bad{"7", "'line': it is a number"},
        Bad{R"({"sequence":1,"round":0,"variant":"a","outcome":"ok"} x)", "it is not JSON"},
        Bad{R"({"round":0,"variant":"a","outcome":"ok"})", "'sequence': it is missing"},
        Bad{R"({"sequence":1,"round":0,"outcome":"ok"})", "'variant': it is missing"},
        Bad{R"({"sequence":1,"round":0,"variant":"a"})", "'outcome': it is missing"},
        Bad{R"({"sequence":1,"round":0,"variant":"a","outcome":"fine"})",
            "'outcome': it is not an outcome this version knows"},
        Bad{R"({"sequence":1,"sequence":2,"round":0,"variant":"a","outcome":"ok"})", "'sequence': it appears twice"},
        Bad{R"({"sequence":-1,"round":0})", "'sequence': it is out of range"},
        Bad{R"({"sequence":1.0,"round":0})", "'sequence': it is not a whole number"},
        Bad{R"({"sequence":"1","round":0})", "'sequence': it is a string"},
        Bad{R"({"sequence":null,"round":0})", "'sequence': it is null"},
        Bad{R"({"round":4294967296})", "'round': it is out of range"},
        Bad{R"({"stamps":{"exec":1,"exec":2}})", "'stamps': it has an entry twice"},
        Bad{R"({"stamps":{"exec":1.5}})", "'stamps': it is not a whole number"},
        Bad{R"({"stamps":{"exec":"1"}})", "'stamps': it holds a string"},
        Bad{R"({"stamps":{"exec":{}}})", "'stamps': it is an object"},
        Bad{R"({"stamps":[1]})", "'stamps': it is an array"}, Bad{R"({"flags":{}})", "'flags': it is an object"},
        Bad{R"({"flags":[1]})", "'flags': it holds a number"},
        Bad{R"({"values":{"memory.rss":99999999999999999999}})", "'values': it is not a whole number of 64 bits"},
        Bad{R"({"values":{"memory.rss":9223372036854775808}})", "'values': it is out of range"},
        Bad{R"({"values":{"memory.rss":true}})", "'values': it is a boolean"},
        Bad{R"({"warmup":1})", "'warmup': it is a number"}));

TEST(SampleJson, AnyTextIsASampleOrAnErrorAndNeverACrash) {
  EXPECT_TRUE(rc::check("decode is total", [](const std::string& noise, std::uint8_t at, char byte) {
    Sample sample;
    static_cast<void>(decode_sample(noise, sample));
    std::string line = encode(ok_sample(1, "a"));
    line[at % line.size()] = byte;
    static_cast<void>(decode_sample(line, sample));
    static_cast<void>(decode_sample(std::string_view(line).substr(0, at % line.size()), sample));
  }));
}

/// One line through both parsers: both refuse it with the same words, or both read the same sample.
void expect_agreement(std::string_view line) {
  Sample quick;
  Sample by_library;
  const auto ours = decode_sample(line, quick);
  const auto theirs = decode_sample_with_library(line, by_library);
  RC_ASSERT(ours.has_value() == theirs.has_value());
  if (ours) {
    RC_ASSERT(*ours == *theirs);
    RC_ASSERT(*ours == LineKind::end || encode(quick) == encode(by_library));
  } else {
    RC_ASSERT(ours.error().message() == theirs.error().message());
  }
}

TEST(SampleJson, TheFastPathReadsWhatTheLibraryReads) {
  EXPECT_TRUE(rc::check("edited lines", [] {
    std::string line = encode(*rc::gen::element(ok_sample(12, "a"), failed_sample(3, "b")));
    const int edits = *rc::gen::inRange(1, 4);
    for (int i = 0; i < edits; ++i) {
      const auto at = *rc::gen::inRange<std::size_t>(0, line.size());
      const std::string piece =
          *rc::gen::element<std::string>("0", "-", "-0", "01", "1e3", "1.5", "\"", "\\", "\\u0041", ",", ":", "{", "}",
                                         "[]", "[", "]", " ", "true", "false", "null", "\xff", "9999999999", "");
      line.replace(at, *rc::gen::inRange<std::size_t>(0, 4), piece);
    }
    expect_agreement(line);
  }));
}

TEST(SampleJson, TheFastPathAgreesOnNumbersAtTheirLimits) {
  for (const char* number :
       {"0", "-0", "00", "01", "-1", "-", "1.0", "1e2", "9223372036854775807", "9223372036854775808",
        "-9223372036854775808", "-9223372036854775809", "18446744073709551616", "+1", "1 "}) {
    expect_agreement(std::string(R"({"sequence":1,"round":0,"variant":"a","outcome":"ok","error_ns":)") + number + "}");
  }
}

TEST(SampleJson, DeepNestingCostsNoStack) {
  const std::string deep = R"({"x":)" + std::string(1'000'000, '[') + std::string(1'000'000, ']') + "}";
  EXPECT_THAT(error_of(deep), HasSubstr("'sequence': it is missing"));
}

TEST(HeaderJson, SurvivesTheFile) {
  const Header in = two_variants();
  const auto out = decode_header(encode(in));
  ASSERT_TRUE(out.has_value()) << out.error().message();
  EXPECT_EQ(encode(*out), encode(in));
  EXPECT_EQ(out->seed, in.seed);
  EXPECT_EQ(out->variants[0].values.at("binary.file"), 912);
  EXPECT_EQ(out->variants[1].unavailable.at("binary.file"), "a bare command");
  EXPECT_EQ(out->variants[1].settings["contract"], "port");
  EXPECT_EQ(out->plan["runs"], 10);
  EXPECT_FALSE(out->plan.contains("variants"));
}

TEST(HeaderJson, AStrayByteInAFreeMemberDoesNotCostTheRun) {
  Header header = two_variants();
  header.host["hostname"] = "caf\xe9";
  EXPECT_TRUE(decode_header(encode(header)).has_value());
}

TEST(HeaderJson, ASchemaOfTheFutureIsNamedWithWhatToDo) {
  EXPECT_THAT(header_error_of(R"({"schema":"frostbyte.run/2","seed":1})"),
              AllOf(HasSubstr("'frostbyte.run/2'"), HasSubstr("read it with the version of frostbyte that wrote it")));
}

TEST(HeaderJson, RefusesWhatIsNotARun) {
  EXPECT_THAT(header_error_of("hello"), HasSubstr("it is not JSON"));
  EXPECT_THAT(header_error_of("[1]"), HasSubstr("it is not a JSON object"));
  EXPECT_THAT(header_error_of("{}"), HasSubstr("this is not a run file"));
  EXPECT_THAT(header_error_of(R"({"schema":"frostbyte.report/1"})"), HasSubstr("this is not a run file"));
  EXPECT_THAT(header_error_of(R"({"schema":5})"), HasSubstr("'schema': it is not a string"));
}

TEST(HeaderJson, RefusesMembersOfTheWrongType) {
  const auto with = [](const std::string& members) { return R"({"schema":"frostbyte.run/1",)" + members + "}"; };
  EXPECT_THAT(header_error_of(with(R"("seed":-1)")), HasSubstr("'seed'"));
  EXPECT_THAT(header_error_of(with(R"("argv":[])")), HasSubstr("'seed': it is missing"));
  EXPECT_THAT(header_error_of(with(R"("seed":1)")), HasSubstr("'plan.variants': it is not an array"));
  EXPECT_THAT(header_error_of(with(R"("seed":1,"plan":{"variants":[{}]})")), HasSubstr("a variant without a name"));
  EXPECT_THAT(
      header_error_of(with(R"("seed":1,"plan":{"variants":[{"name":"a","values":{"x":9223372036854775808}}]})")),
      HasSubstr("'values.x'"));
  EXPECT_THAT(header_error_of(with(R"("seed":1,"plan":{"variants":[{"name":"a","labels":{"x":1}}]})")),
              HasSubstr("'labels.x'"));
}

TEST(EndJson, SurvivesTheFile) {
  End in{.reason = EndReason::time_budget, .samples = 12, .warmups = 2, .outcomes = {}, .digest = "xxh3:00"};
  in.outcomes[0] = 9;
  in.outcomes[static_cast<std::size_t>(Outcome::timeout)] = 1;
  EXPECT_EQ(encode(in), R"({"end":{"reason":"time_budget","samples":12,"warmups":2,)"
                        R"("outcomes":{"ok":9,"timeout":1},"digest":"xxh3:00"}})");
  Sample sample;
  EXPECT_EQ(decode_sample(encode(in), sample), LineKind::end);
  const auto out = decode_end(encode(in));
  ASSERT_TRUE(out.has_value());
  EXPECT_EQ(out->reason, in.reason);
  EXPECT_EQ(out->outcomes, in.outcomes);
  EXPECT_EQ(out->digest, in.digest);
}

TEST(Outcomes, EachHasANameThatParsesBack) {
  for (std::size_t i = 0; i < kOutcomes; ++i) {
    Outcome outcome{};
    EXPECT_TRUE(parse_outcome(to_string(static_cast<Outcome>(i)), outcome));
    EXPECT_EQ(static_cast<std::size_t>(outcome), i);
  }
  Outcome outcome = Outcome::crashed;
  EXPECT_FALSE(parse_outcome("", outcome));
  EXPECT_EQ(outcome, Outcome::crashed);
}

TEST(Timestamp, IsUtcIso8601) {
  EXPECT_EQ(utc_timestamp(std::chrono::system_clock::time_point(std::chrono::seconds(1'769'860'800))),
            "2026-01-31T12:00:00Z");
}

}  // namespace
}  // namespace frostbyte::record
