#include "launcher/host/render.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace frostbyte::host {
namespace {

using testing::HasSubstr;
using testing::Not;
using Status = Finding::Status;

DoctorReport sample() {
  DoctorReport report;
  report.facts = {{"cpu", {{"model", "Test CPU"}, {"online_count", 2}}}, {"host_id", {{"id", "0123456789abcdef"}}}};
  report.findings = {
      {.group = Group::noise,
       .subject = "steal",
       .status = Status::degraded,
       .detail = "3.0 % over 250 ms",
       .consequence = "other guests take this one's CPUs",
       .remedy = "a host of its own"},
      {.group = Group::launching, .subject = "clone3", .status = Status::works, .detail = "works"},
      {.group = Group::noise,
       .subject = "pressure",
       .status = Status::unavailable,
       .detail = "no /proc/pressure",
       .consequence = "unseen"},
  };
  return report;
}

TEST(ToText, ShowsTheVerdictThenEachGroupOnce) {
  EXPECT_EQ(to_text(sample()),
            "This host can measure cold starts.\n"
            "Test CPU, 2 CPUs\n"
            "host id 0123456789abcdef\n"
            "\n"
            "launching\n"
            "  ✓ clone3    works\n"
            "\n"
            "noise\n"
            "  ! steal     3.0 % over 250 ms\n"
            "              ↳ other guests take this one's CPUs\n"
            "              → a host of its own\n"
            "  ✗ pressure  no /proc/pressure\n"
            "              ↳ unseen\n"
            "\n"
            "1 work, 1 degraded, 1 unavailable\n");
}

TEST(ToText, ContinuesLongTextInItsColumn) {
  DoctorReport report = sample();
  report.findings = {
      {.group = Group::stamps, .subject = "clock", .detail = "one two three four five six seven eight nine"}};
  EXPECT_THAT(to_text(report, {.width = 40}),
              HasSubstr("  ✓ clock  one two three four five six\n           seven eight nine\n"));
}

TEST(ToText, KeepsALongPathWhole) {
  DoctorReport report = sample();
  const std::string path = "/" + std::string(90, 'p');
  report.findings = {{.group = Group::stamps, .subject = "x", .detail = "at " + path + " it is"}};
  EXPECT_THAT(to_text(report, {.width = 50}), HasSubstr(path + "\n"));
}

TEST(ToText, SaysThatNothingCanBeMeasured) {
  DoctorReport report = sample();
  report.can_measure = false;
  EXPECT_THAT(to_text(report), HasSubstr("This host cannot measure cold starts."));
}

TEST(ToText, ColoursOnlyWhenAsked) {
  EXPECT_THAT(to_text(sample()), Not(HasSubstr("\x1b[")));
  std::string coloured = to_text(sample(), {.colour = TextStyle::Colour::on});
  EXPECT_THAT(coloured, HasSubstr("\x1b[32m✓\x1b[0m"));
  for (std::size_t at = 0; (at = coloured.find('\x1b')) != std::string::npos;)
    coloured.erase(at, coloured.find('m', at) + 1 - at);
  EXPECT_EQ(coloured, to_text(sample()));
}

TEST(ToText, CallsHypervisorsByTheirNames) {
  DoctorReport report = sample();
  report.facts["virtualisation"]["hypervisor"] = "KVMKVMKVM";
  EXPECT_THAT(to_text(report), HasSubstr("Test CPU, 2 CPUs, KVM guest\n"));
  report.facts["virtualisation"]["hypervisor"] = "none";
  EXPECT_THAT(to_text(report), HasSubstr("Test CPU, 2 CPUs\n"));
}

RC_GTEST_PROP(ToText, NeverPassesItsWidthWhileWordsFit, (std::vector<std::uint8_t> lengths)) {
  DoctorReport report;
  Finding finding{.group = Group::noise, .subject = "subject"};
  for (const std::uint8_t length : lengths) finding.detail += std::string(length % 20 + 1, 'w') + " ";
  report.findings = {finding};
  std::string text = to_text(report, {.width = 60});
  for (std::size_t at = 0; (at = text.find("✓")) != std::string::npos;) text.replace(at, std::string("✓").size(), "v");
  for (std::size_t from = 0, to = 0; (to = text.find('\n', from)) != std::string::npos; from = to + 1) {
    RC_ASSERT(to - from <= 60u);
  }
}

TEST(ToJson, HoldsEverythingTheTextDoes) {
  const nlohmann::json json = to_json(sample());
  EXPECT_EQ(json.at("schema"), "frostbyte.doctor/1");
  EXPECT_EQ(json.at("can_measure"), true);
  ASSERT_EQ(json.at("findings").size(), 3u);
  EXPECT_EQ(json.at("findings").at(0).at("group"), "noise");
  EXPECT_EQ(json.at("findings").at(0).at("status"), "degraded");
  EXPECT_EQ(json.at("findings").at(0).at("remedy"), "a host of its own");
  EXPECT_EQ(json.at("facts").at("host_id").at("id"), "0123456789abcdef");
}

}  // namespace
}  // namespace frostbyte::host
