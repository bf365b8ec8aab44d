#include "launcher/load/spec.h"

#include <gmock/gmock.h>
#include <rapidcheck.h>

namespace frostbyte::load {
namespace {

using testing::HasSubstr;

std::string error_of(std::string_view text) {
  const auto spec = parse_spec(text);
  return spec ? "no error" : spec.error().message();
}

TEST(ParseSpec, ReadsEveryKey) {
  const auto spec = parse_spec("rate=2500.5,connections=8,duration=3s,warmup=0,timeout=250ms,workload=echo");
  ASSERT_TRUE(spec) << spec.error().message();
  EXPECT_EQ(spec->rate, 2500.5);
  EXPECT_EQ(spec->connections, 8U);
  EXPECT_EQ(spec->duration, std::chrono::seconds(3));
  EXPECT_EQ(spec->warmup, Nanos(0));
  EXPECT_EQ(spec->timeout, std::chrono::milliseconds(250));
  EXPECT_EQ(spec->workload, "echo");
}

TEST(ParseSpec, TakesMaxAsClosedLoop) {
  const auto spec = parse_spec("rate=max");
  ASSERT_TRUE(spec);
  EXPECT_FALSE(spec->rate);
}

TEST(ParseSpec, IsTheInverseOfToString) {
  EXPECT_TRUE(rc::check([] {
    Spec spec;
    if (*rc::gen::arbitrary<bool>()) spec.rate = *rc::gen::inRange(1, 9'000'000) / 7.0;
    if (spec.rate && *spec.rate < 0.2) spec.rate = 0.2;
    spec.connections = *rc::gen::inRange(1u, 20'001u);
    spec.duration = Nanos(*rc::gen::inRange<std::int64_t>(1, 3'600'000'000'000));
    spec.warmup = Nanos(*rc::gen::inRange<std::int64_t>(0, 3'600'000'000'000));
    spec.timeout = Nanos(*rc::gen::inRange<std::int64_t>(1, 3'600'000'000'000));
    spec.workload = *rc::gen::element<std::string>("", "hello", "echo");
    const auto read = parse_spec(to_string(spec));
    RC_ASSERT(read.has_value());
    RC_ASSERT(*read == spec);
  }));
}

TEST(ParseSpec, RefusesAndSaysWhatToWrite) {
  EXPECT_THAT(error_of(""), HasSubstr("not KEY=VALUE"));
  EXPECT_THAT(error_of("connections=4"), HasSubstr("there is no rate"));
  EXPECT_THAT(error_of("rate=0"), HasSubstr("neither 'max' nor a number"));
  EXPECT_THAT(error_of("rate=nan"), HasSubstr("neither 'max' nor a number"));
  EXPECT_THAT(error_of("rate=10x"), HasSubstr("neither 'max' nor a number"));
  EXPECT_THAT(error_of("rate=1,connections=0"), HasSubstr("from 1 to 20000"));
  EXPECT_THAT(error_of("rate=1,duration=0s"), HasSubstr("not a time of at most an hour"));
  EXPECT_THAT(error_of("rate=1,duration=-1s"), HasSubstr("--load duration"));
  EXPECT_THAT(error_of("rate=1,timeout=soon"), HasSubstr("not a duration"));
  EXPECT_THAT(error_of("rate=1,rate=2"), HasSubstr("given twice"));
  EXPECT_THAT(error_of("rate=1,conections=2"), HasSubstr("did you mean 'connections'?"));
  EXPECT_THAT(error_of("rate=1,"), HasSubstr("not KEY=VALUE"));
}

}  // namespace
}  // namespace frostbyte::load
