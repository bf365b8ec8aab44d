// A function that is known to take longer by d is measured to take longer by d.
#include <algorithm>

#include "harness.h"

namespace frostbyte::integration {
namespace {

constexpr std::array kDelaysUs = {0, 250, 500, 1000, 2000, 5000, 10000};

class KnownDelay : public Integration, public ::testing::WithParamInterface<const char*> {
 protected:
  /// Theil–Sen: the median of the slopes of all pairs, which no single disturbed point moves.
  double slope_of_measured_on_true() {
    std::string values;
    for (const int delay : kDelaysUs) values += (values.empty() ? "" : ",") + std::to_string(delay);
    std::filesystem::remove(run_path());
    const RunFile run = sweep_ok({test_function("test-delay"), "--contract", GetParam(), "-L", "DELAY_US=" + values,
                                  "-r", in_virtual_machine() ? "15" : "40", "-w", "2"});
    std::vector<double> medians;
    for (const std::string& variant : run.variants()) {
      medians.push_back(static_cast<double>(median_first_response(run.of(variant))) / 1e3);
    }
    std::vector<double> slopes;
    for (std::size_t i = 0; i < kDelaysUs.size(); ++i) {
      for (std::size_t j = i + 1; j < kDelaysUs.size(); ++j)
        slopes.push_back((medians[j] - medians[i]) / (kDelaysUs[j] - kDelaysUs[i]));
    }
    std::ranges::nth_element(slopes, slopes.begin() + static_cast<std::ptrdiff_t>(slopes.size() / 2));
    return slopes[slopes.size() / 2];
  }
};

TEST_P(KnownDelay, IsMeasuredWithASlopeOfOne) {
  // An emulated machine runs beside others of its host, a busy one loses its processor: then a second and third look.
  double slope = 0;
  for (int attempt = 0; attempt < 3 && std::abs(slope - 1) > 0.01; ++attempt) slope = slope_of_measured_on_true();
  EXPECT_NEAR(slope, 1.0, in_virtual_machine() ? 0.05 : 0.01);
}

TEST_P(KnownDelay, IsNeverMeasuredAsLess) {
  const RunFile run =
      sweep_ok({test_function("test-delay"), "--contract", GetParam(), "--env", "DELAY_US=3000", "-r", "20"});
  for (const Row& row : run.rows) EXPECT_GE(row.first_response(), 3'000'000) << row.dump();
}

INSTANTIATE_TEST_SUITE_P(Contracts, KnownDelay, ::testing::Values("port", "listen-fds"),
                         [](const auto& test) { return std::string(test.param) == "port" ? "port" : "listen_fds"; });

}  // namespace
}  // namespace frostbyte::integration
