// A calibration on this host: what it finds obeys the laws of what it measures, and the runs after it carry it.
#include <fstream>
#include <thread>

#include "harness.h"

namespace frostbyte::integration {
namespace {

using ::testing::HasSubstr;

Json read_json(const std::filesystem::path& path) {
  std::ifstream file(path);
  return Json::parse(file);
}

/// A sweep whose report is not broken into lines.
const Words kShort = {bundled("c-nolibc"), "-r", "3", "-w", "0", "-o", "markdown=-"};

class Calibrate : public Integration {
 protected:
  [[nodiscard]] StartOptions options() const {
    StartOptions options;
    options.environment = {"XDG_STATE_HOME=" + (scratch() / "state").string()};
    return options;
  }
  [[nodiscard]] std::vector<std::filesystem::path> kept() const {
    std::vector<std::filesystem::path> files;
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(scratch() / "state/frostbyte", none))
      files.push_back(entry.path());
    return files;
  }
};

double value_of(const Json& record, const std::string& metric, const std::string& subject) {
  for (const Json& figure : record.at("figures"))
    if (figure.at("metric") == metric && figure.at("subject") == subject && figure.at("value").is_number())
      return figure.at("value").get<double>();
  ADD_FAILURE() << "no " << metric << " of " << subject << " in " << record.dump(1);
  return 0;
}

TEST_F(Calibrate, FindsWhatMustHold_AndLaterRunsCarryIt) {
  const Finished finished = frostbyte({"calibrate", "--time", "8s", "--quiet"}, options());
  ASSERT_EQ(finished.exit_code, 0) << finished.err << finished.out;
  ASSERT_EQ(kept().size(), 1u);
  const Json record = read_json(kept().front());
  EXPECT_EQ(record.at("schema"), "frostbyte.calibration/1");
  for (const char* contract : {"port", "listen-fds"}) {
    // That delays are seen as delays; how well, the test Delay holds against the fastest launches, which others that
    // use this machine do not lengthen.
    EXPECT_GT(value_of(record, "calibration.delay_slope", contract), 0.5);
    EXPECT_LT(value_of(record, "calibration.delay_slope", contract), 2);
    // The kernel's stamp lies within the function's write, as far as the median of many can tell.
    EXPECT_GE(value_of(record, "calibration.response_after_write_began", contract), 0) << contract;
  }
  EXPECT_GE(value_of(record, "calibration.listen_after_call", "port"), 0);
  EXPECT_GT(value_of(record, "calibration.listen_call", "trapped"),
            value_of(record, "calibration.listen_call", "not trapped"));
  EXPECT_GT(value_of(record, "launch.exec_to_first_response", "null function, port"), 0);
  EXPECT_GT(value_of(record, "host.clock_read", "host"), 0);

  const Sweep swept = sweep(kShort, options());
  EXPECT_THAT(swept.finished.out, HasSubstr("By this host's calibration of "));
  EXPECT_EQ(swept.run.header.at("host").at("calibration"), record);
}

TEST_F(Calibrate, ARunOfAHostWithoutOneSaysSo) {
  const Sweep swept = sweep(kShort, options());
  EXPECT_THAT(swept.finished.out, HasSubstr("was not measured: frostbyte calibrate"));
  const Json& calibration = swept.run.header.at("host").at("calibration");
  EXPECT_TRUE(calibration.at("value").is_null());
  EXPECT_THAT(calibration.at("reason").get<std::string>(), HasSubstr("was not calibrated"));
}

TEST_F(Calibrate, Interrupted_LeavesNoRecord) {
  Child calibration({frostbyte_program(), "calibrate", "--quiet"}, options());
  std::this_thread::sleep_for(std::chrono::seconds(2));
  ASSERT_TRUE(calibration.running());
  calibration.signal(SIGINT);
  const Finished finished = calibration.wait(std::chrono::seconds(20));
  EXPECT_EQ(finished.exit_code, 130) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("nothing was written"));
  EXPECT_TRUE(kept().empty());
}

}  // namespace
}  // namespace frostbyte::integration
