#include "launcher/sweep/run_header.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "launcher/sweep/text_json.h"
#include "plans.h"

namespace frostbyte::sweep {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A plan in which no member has its default value.
Plan unusual_plan() {
  Plan plan = plan_of_variants(2, 17, 5);
  plan.time_budget = std::chrono::seconds(90);
  plan.pace = std::chrono::milliseconds(3);
  plan.timeout = std::chrono::seconds(2);
  plan.stop = StopSignal::term;
  plan.stop_grace = std::chrono::seconds(1);
  plan.max_failures = 0;
  plan.seed = UINT64_MAX;
  Variant& variant = plan.variants[1];
  variant.labels = {{"language", "c"}, {"isolation", "none"}};
  variant.function.summary = "a function";
  variant.function.contracts = {function::ContractKind::lambda, function::ContractKind::listen_fds};
  variant.function.fixed_port = 8080;
  variant.function.env = {{"B", "2"}, {"A", "1"}};
  variant.function.root = {.kind = function::RootKind::directory, .directory = "/srv/root"};
  variant.workload.name = "echo";
  variant.workload.request = {.method = "POST", .target = "/echo?x", .headers = {{"X", "y"}}, .body = "\xff\0\x01"};
  variant.workload.expectation = {
      .status = 201, .body = std::string("b"), .json = std::string("{}"), .volatile_fields = {"at"}};
  variant.contract = function::ContractKind::listen_fds;
  variant.isolation = sandbox::Isolation::full().clear(sandbox::Part::net);
  variant.limits = {.memory = Bytes{1 << 26}, .cpus = 0.5, .tasks = 32};
  variant.cache = CacheRegime::cold;
  variant.load = {.spec = load::parse_spec("rate=12.5,connections=3,duration=2s,workload=echo").value(),
                  .workload = variant.workload,
                  .metrics = "/metrics"};
  variant.env = {{"LOG", "on"}};
  return plan;
}

TEST(RunHeader, GivesTheSamePlanBack) {
  for (const Plan& plan : {unusual_plan(), plan_of_variants(3, kUnlimitedRuns)}) {
    // Through text, as a file would.
    record::Header header = header_of(plan);
    header.plan = record::Json::parse(header.plan.dump());
    for (auto& variant : header.variants) variant.settings = record::Json::parse(variant.settings.dump());
    const auto back = plan_of(header);
    ASSERT_TRUE(back.has_value()) << back.error().message();
    EXPECT_THAT(differences(plan, *back), IsEmpty());
    EXPECT_EQ(back->runs, plan.runs);
    EXPECT_EQ(back->time_budget, plan.time_budget);
    EXPECT_EQ(back->variants.back().workload.request.body, plan.variants.back().workload.request.body);
    const auto metrics = [](const Variant& variant) { return variant.load ? variant.load->metrics : ""; };
    EXPECT_EQ(metrics(back->variants.back()), metrics(plan.variants.back()));
    EXPECT_EQ(back->variants.back().limits, plan.variants.back().limits);
    EXPECT_EQ(back->variants.back().isolation, plan.variants.back().isolation);
    EXPECT_EQ(back->variants.back().function.root.directory, plan.variants.back().function.root.directory);
  }
}

TEST(RunHeader, RefusesAPlanWithAMemberMissing) {
  record::Header header = header_of(unusual_plan());
  header.plan.erase("warmup");
  const auto plan = plan_of(header);
  ASSERT_FALSE(plan.has_value());
  EXPECT_THAT(plan.error().cause, HasSubstr("warmup"));
}

TEST(RunHeader, RefusesASettingItDoesNotKnow) {
  record::Header header = header_of(unusual_plan());
  header.variants[0].settings["contract"] = "smoke-signals";
  const auto plan = plan_of(header);
  ASSERT_FALSE(plan.has_value());
  EXPECT_THAT(plan.error().message(), HasSubstr("smoke-signals"));
}

TEST(RunHeaderDifferences, NameTheMemberAndBothValues) {
  Plan changed = unusual_plan();
  changed.runs = 200;
  changed.variants[1].env = {{"LOG", "off"}};
  EXPECT_THAT(differences(unusual_plan(), changed),
              ElementsAre("runs: 17 in the run file, 200 asked for",
                          R"(v1.env: [["LOG","on"]] in the run file, [["LOG","off"]] asked for)"));
}

TEST(RunHeaderDifferences, NameAVariantThatIsMissing) {
  Plan fewer = unusual_plan();
  fewer.variants.pop_back();
  EXPECT_THAT(differences(unusual_plan(), fewer).back(), HasSubstr(R"(variants: ["v0","v1"] in the run file, ["v0"])"));
}

TEST(TextJson, GivesAnyBytesBack) {
  rc::check([](const std::vector<char>& bytes) {
    const std::string text(bytes.begin(), bytes.end());
    const auto back = text_from_json(record::Json::parse(text_to_json(text).dump()));
    RC_ASSERT(back.has_value());
    RC_ASSERT(*back == text);
  });
}

TEST(TextJson, RefusesWhatIsNotText) {
  EXPECT_FALSE(text_from_json(5).has_value());
  for (const char* hex : {"f", "0g", "+1", "0x"}) EXPECT_FALSE(text_from_json({{"hex", hex}}).has_value()) << hex;
}

}  // namespace
}  // namespace frostbyte::sweep
