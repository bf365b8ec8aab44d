#include "launcher/sweep/expand.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <set>

#include "plans.h"

namespace frostbyte::sweep {
namespace {

using function::ContractKind;
using sandbox::Isolation;
using sandbox::Part;
using testing::ElementsAre;
using testing::HasSubstr;

Target target(const std::string& name) { return {.function = function_named(name), .workload = {}}; }

std::vector<std::string> names(const Dimensions& dimensions) {
  std::vector<std::string> result;
  const auto variants = expand(dimensions);
  EXPECT_TRUE(variants.has_value()) << variants.error().message();
  for (const Variant& variant : *variants) result.push_back(variant.name);
  return result;
}

TEST(Expand, OneFunctionIsOneVariantOfItsName) { EXPECT_THAT(names({.targets = {target("a")}}), ElementsAre("a")); }

TEST(Expand, NamesOnlyDimensionsWithSeveralValues) {
  Dimensions dimensions{.targets = {target("a")}, .caches = {CacheRegime::cold}, .cpus = {0.5, 1}};
  dimensions.env_lists = {{"LOG", {"on", "off"}}, {"MODE", {"fast"}}};
  EXPECT_THAT(names(dimensions),
              ElementsAre("a[cpus=0.5,LOG=on]", "a[cpus=0.5,LOG=off]", "a[cpus=1,LOG=on]", "a[cpus=1,LOG=off]"));
}

TEST(Expand, LabelsEveryDimensionAndKeepsTheFunctionsOwn) {
  Dimensions dimensions{.targets = {target("a")}, .memory_limits = {Bytes{64 << 20}}};
  dimensions.targets[0].function.labels = {{"language", "c"}};
  const auto variants = expand(dimensions);
  ASSERT_TRUE(variants.has_value());
  const std::map<std::string, std::string> expected{
      {"language", "c"}, {"contract", "port"}, {"isolation", "full"}, {"cache", "warm"}, {"memory_limit", "64 MiB"}};
  EXPECT_EQ(variants->front().labels, expected);
  EXPECT_EQ(variants->front().limits.memory, Bytes{64 << 20});
}

TEST(Expand, AppliesSettingsToTheVariant) {
  Dimensions dimensions{.targets = {target("a")}, .isolations = {Isolation::none()}, .caches = {CacheRegime::cold}};
  dimensions.env = {{"A", "1"}};
  dimensions.env_lists = {{"LOG", {"on"}}};
  dimensions.tasks = 9;
  const auto variants = expand(dimensions);
  ASSERT_TRUE(variants.has_value());
  const Variant& variant = variants->front();
  EXPECT_EQ(variant.isolation, Isolation::none());
  EXPECT_EQ(variant.cache, CacheRegime::cold);
  EXPECT_EQ(variant.limits.tasks, 9);
  EXPECT_THAT(variant.env, ElementsAre(std::pair("A", "1"), std::pair("LOG", "on")));
}

TEST(Expand, TellsFunctionsOfOneNameApartByTheirFolders) {
  Dimensions dimensions{.targets = {target("echo"), target("echo"), target("other")}};
  dimensions.targets[0].function.folder = "/srv/build-a/echo";
  dimensions.targets[1].function.folder = "/srv/build-b/echo";
  EXPECT_THAT(names(dimensions), ElementsAre("build-a/echo", "build-b/echo", "other"));
}

TEST(Expand, NumbersAFunctionGivenTwice) {
  EXPECT_THAT(names({.targets = {target("a"), target("a"), target("a")}}), ElementsAre("a", "a#2", "a#3"));
}

TEST(Expand, TakesTheFunctionsFirstContractByDefault) {
  Dimensions dimensions{.targets = {target("a")}};
  dimensions.targets[0].function.contracts = {ContractKind::listen_fds, ContractKind::port};
  const auto variants = expand(dimensions);
  ASSERT_TRUE(variants.has_value());
  ASSERT_EQ(variants->size(), 1u);
  EXPECT_EQ(variants->front().contract, ContractKind::listen_fds);
}

TEST(Expand, LeavesOutContractsAFunctionDoesNotSpeak) {
  Dimensions dimensions{.targets = {target("both"), target("one")},
                        .contracts = {ContractKind::port, ContractKind::listen_fds}};
  dimensions.targets[0].function.contracts = {ContractKind::port, ContractKind::listen_fds};
  EXPECT_THAT(names(dimensions), ElementsAre("both[contract=port]", "both[contract=listen-fds]", "one[contract=port]"));
}

TEST(Expand, RefusesAFunctionThatSpeaksNoneOfTheContracts) {
  const auto variants = expand({.targets = {target("a")}, .contracts = {ContractKind::lambda}});
  ASSERT_FALSE(variants.has_value());
  EXPECT_EQ(variants.error().subject, "a");
  EXPECT_THAT(variants.error().cause, HasSubstr("only: port"));
}

TEST(Expand, RefusesAValueGivenTwice) {
  Dimensions dimensions{.targets = {target("a")}};
  dimensions.env_lists = {{"LOG", {"on", "on"}}};
  const auto variants = expand(dimensions);
  ASSERT_FALSE(variants.has_value());
  EXPECT_EQ(variants.error().subject, "LOG");
  EXPECT_THAT(variants.error().cause, HasSubstr("'on' is given twice"));
}

TEST(Expand, RefusesAnEnvironmentListNamedLikeAnotherDimension) {
  Dimensions dimensions{.targets = {target("a")}};
  dimensions.env_lists = {{"cache", {"on", "off"}}};
  const auto variants = expand(dimensions);
  ASSERT_FALSE(variants.has_value());
  EXPECT_EQ(variants.error().subject, "cache");
}

TEST(Expand, RefusesNoFunction) {
  const auto variants = expand({});
  ASSERT_FALSE(variants.has_value());
  EXPECT_EQ(variants.error().cause, "no function to launch");
}

TEST(Expand, RefusesMoreVariantsThanCanBeMeant) {
  Dimensions dimensions{.targets = {target("a")}};
  for (char name = 'A'; name <= 'U'; ++name) dimensions.env_lists.push_back({std::string(1, name), {"0", "1"}});
  const auto variants = expand(dimensions);
  ASSERT_FALSE(variants.has_value());
  EXPECT_THAT(variants.error().cause, HasSubstr("more than"));
}

TEST(Expand, GivesTheProductOfAllDimensionsWithUniqueNames) {
  rc::check([] {
    Dimensions dimensions;
    const auto count = [](int most) { return *rc::gen::inRange(1, most + 1); };
    for (int i = count(4); i > 0; --i) dimensions.targets.push_back(target(*rc::gen::element<std::string>("a", "b")));
    const int isolations = count(3), caches = count(2), memory = count(3), values = count(3);
    for (int i = 0; i < isolations; ++i)
      dimensions.isolations.push_back(std::array{Isolation::full(), Isolation::none(),
                                                 Isolation::full().clear(Part::net)}[static_cast<std::size_t>(i)]);
    for (int i = 0; i < caches; ++i) dimensions.caches.push_back(static_cast<CacheRegime>(i));
    for (int i = 0; i < memory; ++i) dimensions.memory_limits.push_back(Bytes{i + 1});
    dimensions.env_lists.push_back({"X", {}});
    for (int i = 0; i < values; ++i) dimensions.env_lists[0].values.push_back(std::to_string(i));
    const auto variants = expand(dimensions);
    RC_ASSERT(variants.has_value());
    RC_ASSERT(static_cast<int>(variants->size()) ==
              static_cast<int>(dimensions.targets.size()) * isolations * caches * memory * values);
    std::set<std::string> distinct;
    for (const Variant& variant : *variants) distinct.insert(variant.name);
    RC_ASSERT(distinct.size() == variants->size());
  });
}

}  // namespace
}  // namespace frostbyte::sweep
