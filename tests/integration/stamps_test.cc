// The launcher's stamps against those that a function takes of itself, by the same clock, launch by launch.
#include <cstring>
#include <fstream>

#include "harness.h"
#include "stamps.h"

namespace frostbyte::integration {
namespace {

using Truth = std::array<std::int64_t, stamps::kCount>;

bool stamps_at_enqueue() {
  int enabled = 1;
  std::ifstream("/proc/sys/net/core/netdev_tstamp_prequeue") >> enabled;
  return enabled != 0;
}

class Stamps : public Integration, public ::testing::WithParamInterface<const char*> {
 protected:
  [[nodiscard]] Truth truth() const {
    Truth values{};
    std::ifstream file(scratch() / "stamps", std::ios::binary);
    file.read(reinterpret_cast<char*>(values.data()), sizeof values);
    EXPECT_TRUE(file) << "the function left no stamps";
    return values;
  }

  /// One launch with a fresh page of stamps. The function's folder and /tmp are the host's, so that it can be shared.
  [[nodiscard]] Row launch() const {
    std::filesystem::remove(scratch() / "stamps");
    const RunFile run =
        sweep_ok({calibration_function("self-stamping"), "--isolation", "full,-mount", "--contract", GetParam(),
                  "--env", "STAMPS=" + (scratch() / "stamps").string(), "-r", "1", "-w", "0"});
    return run.rows.at(0);
  }
};

TEST_P(Stamps, BracketWhatTheFunctionSawItself) {
  for (int i = 0; i < 8; ++i) {
    const Row row = launch();
    const Truth own = truth();
    const std::int64_t error = row.number("error_ns");
    EXPECT_LE(row.stamp("exec"), own[stamps::main_entry]) << row.dump();
    if (row.has_stamp("committed")) {
      EXPECT_LE(row.stamp("committed"), own[stamps::main_entry] + error) << row.dump();
    }
    EXPECT_GE(row.stamp("response") + error, own[stamps::before_write]) << row.dump();
    EXPECT_GE(row.stamp("first_byte") + error, own[stamps::before_write]) << row.dump();
    // The kernel stamps a segment when it is put into the queue of the loopback device, which the sender's own call
    // does. A stamp that may be the close's instead says so by its source.
    if (row.source("response") == "kernel_rx" && stamps_at_enqueue()) {
      EXPECT_LE(row.stamp("response"), own[stamps::after_write] + error) << row.dump();
      EXPECT_LE(row.stamp("first_byte"), own[stamps::after_write] + error) << row.dump();
    }
    if (std::string(GetParam()) == "listen-fds") continue;
    EXPECT_GE(row.stamp("listen"), own[stamps::before_listen]) << row.dump();
    EXPECT_LE(row.stamp("listen"), own[stamps::after_listen]) << row.dump();
    EXPECT_LE(row.stamp("request"), own[stamps::before_write]) << row.dump();
  }
}

INSTANTIATE_TEST_SUITE_P(By, Stamps, ::testing::Values("port", "listen-fds"),
                         [](const auto& test) { return std::string(test.param) == "port" ? "port" : "listen_fds"; });

}  // namespace
}  // namespace frostbyte::integration
