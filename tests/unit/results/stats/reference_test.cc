// Our figures against those of NumPy and SciPy: tests/fixtures/stats/make_reference.py.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

#include "results/stats/describe.h"
#include "results/stats/order.h"
#include "results/stats/paired.h"
#include "results/stats/trend.h"
#include "results/stats/two_sample.h"

namespace frostbyte::stats {
namespace {

const nlohmann::json& reference() {
  static const nlohmann::json json = nlohmann::json::parse(std::ifstream(FROSTBYTE_FIXTURES "/stats/reference.json"));
  return json;
}

/// Within a relative 1e-10: the two sides add up in different orders.
void expect_close(double ours, double theirs) { EXPECT_NEAR(ours, theirs, 1e-10 * std::max(1.0, std::abs(theirs))); }

class Series : public ::testing::TestWithParam<std::string> {
 protected:
  const nlohmann::json& expected_ = reference().at("series").at(GetParam());
  std::vector<double> values_ = expected_.at("values").get<std::vector<double>>();
  std::vector<double> sorted_ = [this] {
    std::vector<double> copy = values_;
    std::ranges::sort(copy);
    return copy;
  }();
};

TEST_P(Series, Quantiles) {
  for (const auto& [p, value] : expected_.at("quantiles").items()) {
    EXPECT_EQ(quantile(sorted_, std::stod(p)), value.get<double>()) << "p = " << p;
  }
}
TEST_P(Series, MeanAndStandardDeviation) {
  const Moments ours = moments(values_);
  expect_close(ours.mean, expected_.at("mean"));
  ASSERT_TRUE(ours.sd.has_value());
  expect_close(*ours.sd, expected_.at("sd"));
}
TEST_P(Series, MedianAbsoluteDeviation) { expect_close(median_absolute_deviation(sorted_), expected_.at("mad")); }
TEST_P(Series, Outliers) {
  EXPECT_EQ(outliers(sorted_).mild, expected_.at("mild"));
  EXPECT_EQ(outliers(sorted_).severe, expected_.at("severe"));
}
TEST_P(Series, Autocorrelation) { expect_close(lag1_autocorrelation(values_), expected_.at("lag1")); }
TEST_P(Series, Trend) {
  expect_close(trend(values_).tau, expected_.at("tau"));
  expect_close(trend(values_).p_value, expected_.at("trend_p"));
}

std::vector<std::string> names(const char* group) {
  std::vector<std::string> names;
  for (const auto& [name, value] : reference().at(group).items()) names.push_back(name);
  return names;
}
INSTANTIATE_TEST_SUITE_P(SciPy, Series, ::testing::ValuesIn(names("series")),
                         [](const auto& test) { return test.param; });

TEST(Ranks, AreThoseOfTheBinomialDistribution) {
  for (const auto& expected : reference().at("ranks")) {
    const auto ours = quantile_ranks(expected.at("n"), expected.at("p"), expected.at("level"));
    SCOPED_TRACE(expected.dump());
    ASSERT_EQ(ours.has_value(), expected.at("low") != 0);
    if (!ours) continue;
    EXPECT_EQ(ours->low, expected.at("low"));
    EXPECT_EQ(ours->high, expected.at("high"));
    EXPECT_NEAR(ours->coverage, expected.at("coverage"), 1e-9);
  }
}

class Paired : public ::testing::TestWithParam<std::string> {
 protected:
  const nlohmann::json& expected_ = reference().at("paired").at(GetParam());
  std::vector<double> differences_ = expected_.at("differences").get<std::vector<double>>();
};

TEST_P(Paired, ShiftAndItsInterval) {
  const Shift ours = hodges_lehmann(differences_, 0.95);
  expect_close(ours.estimate, expected_.at("estimate"));
  ASSERT_EQ(ours.interval.has_value(), !expected_.at("interval").is_null());
  if (!ours.interval) return;
  expect_close(ours.interval->low, expected_.at("interval")[0]);
  expect_close(ours.interval->high, expected_.at("interval")[1]);
}
TEST_P(Paired, SignedRankTest) {
  const SignedRank ours = signed_rank(differences_);
  EXPECT_EQ(ours.statistic, expected_.at("statistic"));
  expect_close(ours.p_value, expected_.at("p_value"));
}
class TwoSample : public ::testing::TestWithParam<std::string> {
 protected:
  const nlohmann::json& expected_ = reference().at("two_sample").at(GetParam());
  std::vector<double> base_ = expected_.at("base").get<std::vector<double>>();
  std::vector<double> candidate_ = expected_.at("candidate").get<std::vector<double>>();
};

TEST_P(TwoSample, ShiftAndItsInterval) {
  const Shift ours = hodges_lehmann(base_, candidate_, 0.95);
  expect_close(ours.estimate, expected_.at("estimate"));
  ASSERT_EQ(ours.interval.has_value(), !expected_.at("interval").is_null());
  if (!ours.interval) return;
  expect_close(ours.interval->low, expected_.at("interval")[0]);
  expect_close(ours.interval->high, expected_.at("interval")[1]);
}
TEST_P(TwoSample, RankSumTest) {
  const RankSum ours = rank_sum(base_, candidate_);
  EXPECT_EQ(ours.statistic, expected_.at("statistic"));
  expect_close(ours.p_value, expected_.at("p_value"));
}
INSTANTIATE_TEST_SUITE_P(SciPy, TwoSample, ::testing::ValuesIn(names("two_sample")),
                         [](const auto& test) { return test.param; });

TEST(Inflation, IsThatOfBatchMeansOfRanks) {
  for (const auto& [name, expected] : reference().at("inflation").items()) {
    SCOPED_TRACE(name);
    expect_close(variance_inflation(expected.at("values").get<std::vector<double>>()), expected.at("inflation"));
  }
}

INSTANTIATE_TEST_SUITE_P(SciPy, Paired, ::testing::ValuesIn(names("paired")),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace frostbyte::stats
