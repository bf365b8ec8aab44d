// The record: what is written is read again, and what cannot be is refused by name.
#include "results/calibration/calibration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace frostbyte::calibration {
namespace {

using record::Json;
using ::testing::AllOf;
using ::testing::HasSubstr;

Calibration sample() {
  Calibration calibration;
  calibration.tool = {.name = "frostbyte", .version = "0.1.0", .git = "abc"};
  calibration.made = "2026-01-31T12:00:00Z";
  calibration.host_id = "0123456789abcdef";
  calibration.host = "a host";
  calibration.seed = 18'446'744'073'709'551'615u;
  calibration.launches = 3;
  calibration.took_ns = 5;
  calibration.figures = {{.metric = "calibration.delay_slope",
                          .subject = "port",
                          .value = 1.0001,
                          .ci_low = 0.999,
                          .ci_high = 1.001,
                          .n = 40},
                         {.metric = "host.rcu_grace", .subject = "host", .reason = "membarrier: ENOSYS"}};
  calibration.noise_floor = {{"launch.exec_to_first_response", 0.004}};
  return calibration;
}

std::string error_of(const Json& json) {
  const auto read = from_json(json);
  return read ? "no error" : read.error().message();
}

TEST(Calibration, SurvivesItsFile) {
  const Json json = to_json(sample());
  const Calibration read = from_json(Json::parse(json.dump())).value();
  EXPECT_EQ(to_json(read), json);
  EXPECT_EQ(read.seed, sample().seed);
  EXPECT_EQ(read.find("calibration.delay_slope", "port")->value, 1.0001);
  EXPECT_EQ(read.find("calibration.delay_slope", "listen-fds"), nullptr);
  EXPECT_EQ(read.find("host.rcu_grace", "host")->reason, "membarrier: ENOSYS");
}

TEST(Calibration, OfAnotherSchemaIsRefusedWithWhatToDo) {
  Json json = to_json(sample());
  json["schema"] = "frostbyte.calibration/0";
  EXPECT_THAT(error_of(json), AllOf(HasSubstr("'frostbyte.calibration/0', and this version reads"),
                                    HasSubstr("frostbyte calibrate makes a new one")));
  json["schema"] = "frostbyte.run/1";
  EXPECT_THAT(error_of(json), HasSubstr("this is no calibration"));
  EXPECT_THAT(error_of(Json::array()), HasSubstr("it is not an object"));
}

TEST(Calibration, WithoutAMemberIsRefusedByItsName) {
  for (const char* member :
       {"schema", "made", "tool", "host_id", "host", "seed", "launches", "took_ns", "figures", "aa_noise_floor"}) {
    Json json = to_json(sample());
    json.erase(member);
    EXPECT_THAT(error_of(json), HasSubstr(std::string("'") + member + "'")) << member;
  }
}

TEST(Calibration, ANoiseFloorThatCannotBeIsRefusedAndNeverBecomesAMargin) {
  for (const char* floor : {"-0.01", "1.5", "\"0.02\"", "null", "[]"}) {
    Json json = to_json(sample());
    json["aa_noise_floor"]["memory.rss"] = Json::parse(floor);
    EXPECT_THAT(error_of(json), HasSubstr("'aa_noise_floor.memory.rss': it is no part from 0 to 1")) << floor;
  }
}

TEST(Calibration, AFigureWithoutAValueMustSayWhy) {
  Json json = to_json(sample());
  json["figures"][1].erase("reason");
  EXPECT_THAT(error_of(json), HasSubstr("'reason'"));
}

TEST(OfHost, BelievesTheCalibrationOfThatHostAlone) {
  Json host = {{"host_id", {{"id", "0123456789abcdef"}}}, {"calibration", to_json(sample())}};
  ASSERT_TRUE(of_host(host).has_value());
  host["host_id"]["id"] = "fedcba9876543210";
  EXPECT_FALSE(of_host(host).has_value());
  EXPECT_FALSE(of_host({{"calibration", {{"value", nullptr}, {"reason", "none"}}}}).has_value());
  EXPECT_FALSE(of_host(Json::object()).has_value());
  EXPECT_FALSE(of_host(Json::array()).has_value());
}

}  // namespace
}  // namespace frostbyte::calibration
