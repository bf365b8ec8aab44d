// The instrument's linearity: a start that is longer by a known time measures longer by that time.
#include <algorithm>
#include <iostream>
#include <map>

#include "harness.h"

namespace frostbyte::integration {
namespace {

/// Delay in ns → fastest first response, by the variants of one contract. What else the machine does only adds to a
/// launch, so the fastest ones show the instrument, and this test passes beside others.
using Curve = std::map<std::int64_t, std::int64_t>;

/// The median of the slopes between all pairs of points (Theil and Sen): one disturbed point does not move it.
double slope_of(const Curve& curve) {
  std::vector<double> slopes;
  for (auto a = curve.begin(); a != curve.end(); ++a) {
    for (auto b = std::next(a); b != curve.end(); ++b)
      slopes.push_back(static_cast<double>(b->second - a->second) / static_cast<double>(b->first - a->first));
  }
  std::ranges::sort(slopes);
  return (slopes[slopes.size() / 2] + slopes[(slopes.size() - 1) / 2]) / 2;
}

class Delay : public Integration, public ::testing::WithParamInterface<const char*> {
 protected:
  [[nodiscard]] double measure() const {
    const RunFile run = sweep_ok({calibration_function("known-delay"), "--contract", GetParam(), "-L",
                                  "DELAY_US=0,250,500,1000,2000,5000,10000", "-r", "40", "-w", "2"});
    Curve curve;
    for (const Json& variant : run.header.at("plan").at("variants")) {
      const std::int64_t delay = std::stoll(variant.at("labels").at("DELAY_US").get<std::string>()) * 1000;
      curve[delay] = fastest_first_response(run.of(variant.at("name")));
    }
    return slope_of(curve);
  }
};

TEST_P(Delay, IsMeasuredWithASlopeOfOne) {
  // An emulated CPU's speed varies by more than what is asserted here; it still must see delays as delays.
  const double margin = in_virtual_machine() ? 0.1 : 0.01;
  double slope = measure();
  for (int retry = 0; retry < 2 && std::abs(slope - 1) > margin; ++retry) {
    std::cout << "slope " << slope << ", measured again: the host may have been busy\n";
    slope = measure();
  }
  EXPECT_NEAR(slope, 1.0, margin);
}

INSTANTIATE_TEST_SUITE_P(By, Delay, ::testing::Values("port", "listen-fds"),
                         [](const auto& test) { return std::string(test.param) == "port" ? "port" : "listen_fds"; });

}  // namespace
}  // namespace frostbyte::integration
