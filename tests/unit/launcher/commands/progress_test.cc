#include "launcher/commands/progress.h"

#include <gtest/gtest.h>

namespace frostbyte::commands {
namespace {

using report::Charset;
using report::RenderOptions;

sweep::Progress half_way() {
  return {.warmup = false,
          .round = 11,
          .rounds = 100,
          .launches = 340,
          .remaining = 340 * 12,
          .failed = 2,
          .elapsed = std::chrono::seconds(1),
          .time_left = {},
          .median = [](std::uint32_t) -> std::optional<Nanos> { return Nanos(412'300); }};
}

TEST(ProgressLine, TellsRoundRateEtaMedianAndFailures) {
  EXPECT_EQ(progress_line(half_way(), "cpp-epoll", 0, {.width = 100}),
            "round 12/100 · 340 launches/s · ETA 0:12 · cpp-epoll 412 µs · 2 failed");
}

TEST(ProgressLine, IsAsciiWhereTheTerminalIs) {
  EXPECT_EQ(progress_line(half_way(), "cpp-epoll", 0, {.charset = Charset::ascii, .width = 100}),
            "round 12/100 | 340 launches/s | ETA 0:12 | cpp-epoll 412 us | 2 failed");
}

TEST(ProgressLine, LeavesOutWhatIsNotKnown) {
  sweep::Progress progress = half_way();
  progress.warmup = true;
  progress.rounds = {};
  progress.remaining = {};
  progress.failed = 0;
  progress.median = [](std::uint32_t) -> std::optional<Nanos> { return std::nullopt; };
  EXPECT_EQ(progress_line(progress, "cpp-epoll", 0, {.width = 100}), "warm-up 12 · 340 launches/s");
}

TEST(ProgressLine, EtaIsTheBudgetsWhenThatEndsFirst) {
  sweep::Progress progress = half_way();
  progress.time_left = std::chrono::seconds(5);
  EXPECT_NE(progress_line(progress, "x", 0, {.width = 100}).find("ETA 0:05"), std::string::npos);
}

TEST(ProgressLine, NeverReachesTheLastColumnNorCutsACharacter) {
  for (std::uint32_t width = 1; width < 90; ++width) {
    const std::string line = progress_line(half_way(), "cpp-epoll", 0, {.width = width});
    std::size_t characters = 0;
    for (const char byte : line) characters += (static_cast<unsigned char>(byte) & 0xC0u) != 0x80u ? 1 : 0;
    EXPECT_LE(characters, std::max(width - 1, 1u));
    EXPECT_FALSE(line.ends_with('\xC2')) << "half of a two-byte character";
  }
}

TEST(ClockText, RoundsUpSoThatZeroMeansDone) {
  EXPECT_EQ(clock_text(Nanos(0)), "0:00");
  EXPECT_EQ(clock_text(Nanos(1)), "0:01");
  EXPECT_EQ(clock_text(std::chrono::seconds(750)), "12:30");
  EXPECT_EQ(clock_text(std::chrono::seconds(3723)), "1:02:03");
}

TEST(RoughDuration, HasThreeDigits) {
  EXPECT_EQ(rough_duration(Nanos(4'120), Charset::ascii), "4.12 us");
  EXPECT_EQ(rough_duration(Nanos(41'200), Charset::ascii), "41.2 us");
  EXPECT_EQ(rough_duration(Nanos(412'000), Charset::ascii), "412 us");
  EXPECT_EQ(rough_duration(Nanos(999'900), Charset::ascii), "1.00 ms");
  EXPECT_EQ(rough_duration(std::chrono::milliseconds(10'500), Charset::ascii), "10.5 s");
}

}  // namespace
}  // namespace frostbyte::commands
