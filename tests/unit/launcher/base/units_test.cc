#include "launcher/base/units.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <limits>

namespace frostbyte {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();

std::int64_t bytes(std::string_view text) {
  const auto parsed = parse_bytes(text);
  EXPECT_TRUE(parsed) << parsed.error().message();
  return parsed ? parsed->count : -1;
}

Nanos duration(std::string_view text) {
  const auto parsed = parse_duration(text);
  EXPECT_TRUE(parsed) << parsed.error().message();
  return parsed.value_or(Nanos(-1));
}

TEST(ParseBytes, KnowsBinaryAndDecimalUnits) {
  EXPECT_EQ(bytes("4096"), 4096);
  EXPECT_EQ(bytes("4096 B"), 4096);
  EXPECT_EQ(bytes("64MiB"), 64 << 20);
  EXPECT_EQ(bytes(" 64  MiB "), 64 << 20);
  EXPECT_EQ(bytes("1.5 GB"), 1'500'000'000);
  EXPECT_EQ(bytes("512k"), 512 << 10);
  EXPECT_EQ(bytes("1K"), 1024);
  EXPECT_EQ(bytes("1kB"), 1000);
  EXPECT_EQ(bytes("0"), 0);
}

TEST(ParseDuration, KnowsItsUnits) {
  EXPECT_EQ(duration("250ms"), 250ms);
  EXPECT_EQ(duration("1.5s"), 1500ms);
  EXPECT_EQ(duration("2 m"), 2min);
  EXPECT_EQ(duration("30us"), 30us);
  EXPECT_EQ(duration("30µs"), 30us);
  EXPECT_EQ(duration("100ns"), 100ns);
  EXPECT_EQ(duration("1h"), 1h);
  EXPECT_EQ(duration("3"), 3s) << "a bare number is seconds";
}

TEST(ParseBytes, SaysWhyItRefuses) {
  EXPECT_EQ(parse_bytes("-1").error().cause, "it is negative");
  EXPECT_EQ(parse_bytes("-1.5 GB").error().cause, "it is negative");
  EXPECT_EQ(parse_bytes("5 MBit").error().cause, "unknown unit 'MBit'");
  EXPECT_EQ(parse_bytes("1 2").error().cause, "unknown unit '2'");
  EXPECT_EQ(parse_bytes("9223372036854775808").error().cause, "it is too large");
  EXPECT_EQ(parse_bytes("8589934592 GiB").error().cause, "it is too large");
  EXPECT_EQ(parse_bytes("1e30").error().cause, "it is too large");
  for (const char* text : {"", " ", "MiB", "nan", "inf", "0x"}) EXPECT_FALSE(parse_bytes(text)) << text;
  EXPECT_FALSE(parse_bytes("x").error().hint.empty());
}

TEST(ParseDuration, SaysWhyItRefuses) {
  EXPECT_EQ(parse_duration("-1s").error().cause, "it is negative");
  EXPECT_EQ(parse_duration("1 fortnight").error().cause, "unknown unit 'fortnight'");
  EXPECT_EQ(parse_duration("1000000000000h").error().cause, "it is too large");
}

TEST(ToString, ChoosesTheLargestExactUnit) {
  EXPECT_EQ(to_string(Bytes{64 << 20}), "64 MiB");
  EXPECT_EQ(to_string(Bytes{1025}), "1025 B");
  EXPECT_EQ(to_string(Bytes{0}), "0 B");
  EXPECT_EQ(to_string(Nanos(250ms)), "250 ms");
  EXPECT_EQ(to_string(Nanos(90s)), "90 s");
  EXPECT_EQ(to_string(Nanos(1h)), "1 h");
  EXPECT_EQ(to_string(Nanos(0)), "0 ns");
}

TEST(ToString, IsReadBackExactly) {
  EXPECT_TRUE(rc::check("any count of bytes", [] {
    const auto count = *rc::gen::inRange<std::int64_t>(0, kLargest);
    RC_ASSERT(parse_bytes(to_string(Bytes{count})).value() == Bytes{count});
  }));
  EXPECT_TRUE(rc::check("any duration", [] {
    const auto count = *rc::gen::inRange<std::int64_t>(0, kLargest);
    RC_ASSERT(parse_duration(to_string(Nanos(count))).value() == Nanos(count));
  }));
}

TEST(ToString, IsReadBackExactlyAtTheEdges) {
  for (const std::int64_t count : {kLargest, kLargest - 1, (std::int64_t{1} << 53) + 1}) {
    EXPECT_EQ(bytes(to_string(Bytes{count})), count);
    EXPECT_EQ(duration(to_string(Nanos(count))).count(), count);
  }
}

}  // namespace
}  // namespace frostbyte
