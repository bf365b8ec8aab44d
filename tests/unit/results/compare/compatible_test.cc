#include "results/compare/compatible.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sides.h"

namespace frostbyte::compare {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

record::RunMaker one_variant(const record::Json& host, const record::Json& settings = {{"isolation", "full"}}) {
  record::RunMaker maker;
  maker.variant("a");
  maker.header().host = host;
  maker.header().plan = {{"runs", 100}, {"pace_ns", 0}, {"stop", "kill"}};
  maker.header().variants[0].settings = settings;
  return maker;
}

const record::Json kHost = {
    {"cpu", {{"model", "one"}, {"online_count", 2}}},
    {"host_id", {{"id", "1111"}, {"of", record::Json::array({"/cpu/model", "/cpu/online_count"})}}}};

std::vector<std::string> between(const record::RunMaker& base, const record::RunMaker& candidate) {
  const record::Run from = base.make();
  const record::Run to = candidate.make();
  return differences(side(from, 0), side(to, 0));
}

TEST(Compatible, AreTwoRunsOfOneHostAndPlan) {
  EXPECT_THAT(between(one_variant(kHost), one_variant(kHost)), IsEmpty());
}

TEST(Compatible, HowManyLaunchesThereWereDoesNotMatter) {
  record::RunMaker longer = one_variant(kHost);
  longer.header().plan["runs"] = 5'000;
  longer.header().plan["looks"] = {50, 100};
  longer.header().seed = 9;
  EXPECT_THAT(between(one_variant(kHost), longer), IsEmpty());
}

TEST(Incompatible, AreHostsWithTheFactsThatTellThemApart) {
  record::Json other = kHost;
  other["cpu"]["model"] = "two";
  other["host_id"]["id"] = "2222";
  EXPECT_THAT(between(one_variant(kHost), one_variant(other)), ElementsAre("host: cpu.model: one, two"));
}

TEST(Incompatible, IsAHostThatIsNotNamedToOneThatIs) {
  EXPECT_THAT(between(one_variant(kHost), one_variant(record::Json::object())),
              ElementsAre("host: cpu.model: one, none", "host: cpu.online_count: 2, none"));
  EXPECT_THAT(between(one_variant({{"summary", "x"}}), one_variant({{"summary", "x"}})), IsEmpty());
  EXPECT_THAT(between(one_variant({{"summary", "x"}}), one_variant({{"summary", "y"}})), ElementsAre("host: x, y"));
}

TEST(Incompatible, ArePacesAndSettings) {
  record::RunMaker other = one_variant(kHost, {{"isolation", "none"}, {"workload", {{"request", {{"target", "/x"}}}}}});
  other.header().plan["pace_ns"] = 5;
  EXPECT_THAT(between(one_variant(kHost), other),
              ElementsAre("pace_ns: 0, 5", R"(workload: none, {"request":{"target":"/x"}})", "isolation: full, none"));
}

TEST(Incompatible, SurvivesAHostEditedByHand) {
  record::Json odd = kHost;
  odd["host_id"] = {{"id", "3"}, {"of", record::Json::array({"/~", 5, "cpu", "/cpu/model/deeper"})}};
  EXPECT_THAT(between(one_variant(odd), one_variant(kHost)), ElementsAre("host: 3, 1111"));
}

}  // namespace
}  // namespace frostbyte::compare
