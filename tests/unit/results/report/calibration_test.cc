// What a calibration reads like, and what other reports say of it.
#include "results/report/calibration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace frostbyte::report {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

calibration::Calibration sample() {
  calibration::Calibration calibration;
  calibration.tool = {.name = "frostbyte", .version = "0.1.0"};
  calibration.made = "2026-01-31T12:00:00Z";
  calibration.host_id = "0123456789abcdef";
  calibration.host = "Example CPU, 2 CPUs";
  calibration.launches = 1'234;
  calibration.took_ns = 58'000'000'000;
  calibration.figures = {
      {.metric = "calibration.delay_slope", .subject = "port", .value = 0.99972, .ci_low = 0.9991, .ci_high = 1.0002},
      {.metric = "calibration.response_error", .subject = "port", .value = -1'240, .p99 = 8'100, .n = 400},
      {.metric = "calibration.response_error", .subject = "listen-fds", .value = -900, .n = 40},
      {.metric = "host.rcu_grace", .subject = "host", .reason = "membarrier: ENOSYS"}};
  calibration.noise_floor = {{"launch.exec_to_first_response", 0.0064}};
  return calibration;
}

TEST(CalibrationConsole, ShowsEveryFigure_AndWhyOneIsMissing) {
  const std::string text = calibration_console(sample(), {.charset = Charset::unicode, .width = 110});
  EXPECT_THAT(text, AllOf(HasSubstr("1234 launches in 58 s"), HasSubstr("0.99972"), HasSubstr("0.99910 … 1.00020"),
                          HasSubstr("−1.24 µs"), HasSubstr("8.10 µs"), HasSubstr("listen-fds")));
  EXPECT_THAT(text, HasSubstr("! RCU grace period (host): membarrier: ENOSYS"));
  EXPECT_THAT(text, HasSubstr("first responses are off by −1.24 µs (p99 8.10 µs), a build differs from itself by up to "
                              "0.64 %"));
}

TEST(CalibrationConsole, FitsItsWidthAndItsCharset) {
  const std::string text = calibration_console(sample(), {.charset = Charset::ascii, .width = 60});
  for (std::size_t begin = 0, end = 0; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1)
    EXPECT_LE(end - begin, 60u) << text.substr(begin, end - begin);
  for (const char c : text) EXPECT_GE(c, 0) << text;
}

TEST(CalibrationMarkdown, IsATableWithEveryFigure) {
  const std::string text = calibration_markdown(sample());
  EXPECT_THAT(text, HasSubstr("| quantity | of | value | 95 % interval | p99 | n |\n|---|---|---:|---:|---:|---:|\n"));
  EXPECT_THAT(text, HasSubstr("| slope over known delay | port | 0.99972 | 0.99910 … 1.00020 |  |  |\n"));
}

TEST(CalibrationSentence, IsTheHostsOwn) {
  record::Json host = {{"host_id", {{"id", "0123456789abcdef"}}}, {"calibration", calibration::to_json(sample())}};
  EXPECT_EQ(
      calibration_sentence(host),
      "By this host's calibration of 2026-01-31 first responses are off by −1.24 µs (p99 8.10 µs), a build differs "
      "from itself by up to 0.64 %.");
  host["host_id"]["id"] = "another";
  EXPECT_THAT(calibration_sentence(host),
              AllOf(HasSubstr("not measured: frostbyte calibrate"), Not(HasSubstr("1.24"))));
}

TEST(CalibrationSentence, IsMissingWhereARunSaysNothing) {
  EXPECT_EQ(calibration_sentence(record::Json::object()), "");
}

}  // namespace
}  // namespace frostbyte::report
