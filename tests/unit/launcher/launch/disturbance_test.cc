#include "launcher/launch/disturbance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "launcher/base/file.h"

namespace frostbyte::launch {
namespace {

constexpr const char* kNames[] = {"disturbance.steal", "disturbance.pressure_cpu", "disturbance.pressure_memory",
                                  "disturbance.pressure_io"};

TEST(DisturbanceMeter, GivesEachFigureAValueOrAReason) {
  DisturbanceMeter meter = DisturbanceMeter::open();
  meter.start();
  Figures figures;
  meter.stop(figures);
  for (const char* name : kNames) {
    EXPECT_NE(figures.values.contains(name), figures.unavailable.contains(name)) << name;
    if (figures.values.contains(name)) {
      EXPECT_GE(figures.values.at(name), 0) << name;
    }
  }
}

TEST(DisturbanceMeter, GivesReasonsWhenItWasNeverStarted) {
  DisturbanceMeter meter = DisturbanceMeter::open();
  Figures figures;
  meter.stop(figures);
  EXPECT_TRUE(figures.values.empty()) << "a difference to nothing would be a number since boot";
}

TEST(DisturbanceMeter, KnowsPressureExactlyWhereTheKernelGivesIt) {
  DisturbanceMeter meter = DisturbanceMeter::open();
  meter.start();
  Figures figures;
  meter.stop(figures);
  EXPECT_EQ(figures.values.contains("disturbance.pressure_cpu"), read_file("/proc/pressure/cpu").has_value());
}

TEST(DisturbanceMeter, SeesProcessorPressure) {
  if (!read_file("/proc/pressure/cpu")) GTEST_SKIP() << "no /proc/pressure";
  DisturbanceMeter meter = DisturbanceMeter::open();
  meter.start();
  std::atomic<bool> stop = false;
  {
    std::vector<std::jthread> spinners;  // twice as many as there are processors: somebody waits all the time
    for (long i = 0; i < 2 * ::sysconf(_SC_NPROCESSORS_ONLN); ++i) {
      spinners.emplace_back([&] {
        while (!stop) {
        }
      });
    }
    ::usleep(300'000);
    stop = true;
  }
  Figures figures;
  meter.stop(figures);
  EXPECT_GT(figures.values.at("disturbance.pressure_cpu"), 0);
}

TEST(DisturbanceMeter, CountsOnlyWhatHappenedBetween) {
  if (!read_file("/proc/pressure/cpu")) GTEST_SKIP() << "no /proc/pressure";
  DisturbanceMeter meter = DisturbanceMeter::open();
  const Instant before = MonotonicClock::now();
  meter.start();
  ::usleep(20'000);
  Figures figures;
  meter.stop(figures);
  const Nanos passed = MonotonicClock::now() - before;
  EXPECT_LE(figures.values.at("disturbance.pressure_cpu"), (passed + std::chrono::milliseconds(20)).count());
}

}  // namespace
}  // namespace frostbyte::launch
