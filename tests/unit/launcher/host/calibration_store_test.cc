// Where calibrations lie, and which of them are believed.
#include "launcher/host/calibration_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "launcher/base/file.h"

namespace frostbyte::host {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr const char* kHost = "0123456789abcdef";

calibration::Calibration made_at(const std::string& when, const std::string& host = kHost) {
  calibration::Calibration calibration;
  calibration.tool = {.name = "frostbyte", .version = "0.1.0"};
  calibration.made = when;
  calibration.host_id = host;
  calibration.noise_floor = {{"launch.exec_to_first_response", 0.01}};
  return calibration;
}

class Store : public ::testing::Test {
 protected:
  [[nodiscard]] nlohmann::json latest() const { return latest_calibration({{"host_id", {{"id", kHost}}}}, folders_); }
  [[nodiscard]] std::string reason() const { return latest().value("reason", "there is one"); }
  void put(const std::string& content) const {
    std::filesystem::create_directories(folders_.own);
    std::ofstream(calibration_path(folders_.own, kHost)) << content;
  }

  TempDir directory_ = TempDir::create().value();
  StateFolders folders_{.own = directory_.path() / "own" / "frostbyte", .shared = directory_.path() / "shared"};
};

TEST_F(Store, HasNoneUntilOneIsMade) { EXPECT_THAT(reason(), HasSubstr("was not calibrated: frostbyte calibrate")); }

TEST_F(Store, FindsWhatItKept_ByTheHostItIsOf) {
  const auto path = save_calibration(made_at("2026-01-01T00:00:00Z"), {}, folders_).value();
  EXPECT_EQ(path, folders_.own / "calibration-0123456789abcdef.json");
  EXPECT_EQ(latest()["made"], "2026-01-01T00:00:00Z");
  EXPECT_EQ(latest()["aa_noise_floor"]["launch.exec_to_first_response"], 0.01);
}

TEST_F(Store, TakesTheNewestOfTheUsersAndTheSystems) {
  save_calibration(made_at("2026-01-01T00:00:00Z"), {}, folders_).value();
  save_calibration(made_at("2026-02-01T00:00:00Z"), {}, {.own = folders_.shared}).value();
  EXPECT_EQ(latest()["made"], "2026-02-01T00:00:00Z");
}

TEST_F(Store, PutsItWhereItIsTold_WhereNobodyLooks) {
  const auto file = directory_.path() / "elsewhere.json";
  EXPECT_EQ(save_calibration(made_at("2026-01-01T00:00:00Z"), file, folders_).value(), file);
  EXPECT_TRUE(std::filesystem::exists(file));
  EXPECT_THAT(reason(), HasSubstr("was not calibrated"));
}

TEST_F(Store, RefusesDamage_NamingTheFileAndTheRemedy) {
  put("{\"schema\":\"frostbyte.cali");
  EXPECT_THAT(reason(), AllOf(HasSubstr("calibration-0123456789abcdef.json"), HasSubstr("it is not JSON"),
                              HasSubstr("frostbyte calibrate makes a new one")));
  put("");
  EXPECT_THAT(reason(), HasSubstr("it is not JSON"));
  put(std::string(2u << 20, ' '));
  EXPECT_THAT(reason(), HasSubstr("calibration-0123456789abcdef.json"));
}

TEST_F(Store, RefusesAnotherHostsUnderThisHostsName) {
  put(calibration::to_json(made_at("2026-01-01T00:00:00Z", "ffffffffffffffff")).dump());
  EXPECT_THAT(reason(), HasSubstr("it is of another host: ffffffffffffffff, and this one is 0123456789abcdef"));
}

TEST_F(Store, RefusesAnotherSchema) {
  auto json = calibration::to_json(made_at("2026-01-01T00:00:00Z"));
  json["schema"] = "frostbyte.calibration/9";
  put(json.dump());
  EXPECT_THAT(reason(), HasSubstr("and this version reads 'frostbyte.calibration/1'"));
}

TEST_F(Store, ADamagedOneDoesNotHideAGoodOne) {
  put("no");
  save_calibration(made_at("2026-02-01T00:00:00Z"), {}, {.own = folders_.shared}).value();
  EXPECT_EQ(latest()["made"], "2026-02-01T00:00:00Z");
}

TEST_F(Store, SaysWhenTheFolderCannotBeMade) {
  std::ofstream(directory_.path() / "own") << "a file";
  const auto kept = save_calibration(made_at("2026-01-01T00:00:00Z"), {}, folders_);
  ASSERT_FALSE(kept.has_value());
  EXPECT_THAT(kept.error().message(), AllOf(HasSubstr("create folder"), HasSubstr("XDG_STATE_HOME")));
}

TEST(StateFoldersHere, HeedsXdgStateHomeWhenItIsAbsolute) {
  ::setenv("XDG_STATE_HOME", "/somewhere", 1);
  EXPECT_EQ(StateFolders::here().own, "/somewhere/frostbyte");
  ::setenv("XDG_STATE_HOME", "relative", 1);
  EXPECT_NE(StateFolders::here().own, "relative/frostbyte");
  ::unsetenv("XDG_STATE_HOME");
}

}  // namespace
}  // namespace frostbyte::host
