// What flags become; that each misuse is refused with a message that helps is tests/cli/misuse.bats.
#include "launcher/commands/plan_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace frostbyte::commands {
namespace {

using testing::ElementsAre;
using testing::Pair;

Result<sweep::Plan> plan_for(const SweepFlags& flags, std::vector<std::string> words = {"true"}) {
  return read_plan({.flags = flags,
                    .bare_words = std::move(words),
                    .search = {},
                    .isolations = {sandbox::Isolation::full()},
                    .seed = 77});
}

TEST(ReadPlan, HasTheDocumentedDefaults) {
  const auto plan = plan_for({});
  ASSERT_TRUE(plan.has_value()) << plan.error().message();
  EXPECT_EQ(plan->runs, 100u);
  EXPECT_EQ(plan->warmup, 3u);
  EXPECT_EQ(plan->seed, 77u);
  EXPECT_EQ(plan->pace, Nanos(0));
  EXPECT_EQ(plan->timeout, std::chrono::seconds(10));
  EXPECT_EQ(plan->stop, sweep::StopSignal::kill);
  EXPECT_EQ(plan->max_failures, 5u);
  EXPECT_EQ(plan->time_budget, std::nullopt);
}

TEST(ReadPlan, TimeAloneMeansAsManyRunsAsFit) {
  SweepFlags flags;
  flags.time = "30s";
  EXPECT_EQ(plan_for(flags)->runs, sweep::kUnlimitedRuns);
  flags.runs = 7;
  EXPECT_EQ(plan_for(flags)->runs, 7u);
  EXPECT_EQ(plan_for(flags)->time_budget, std::chrono::seconds(30));
}

TEST(ReadPlan, ALoadMakesFewerLaunchesAndNoWarmUps) {
  SweepFlags flags;
  flags.load = "rate=1000,connections=8";
  const auto plan = plan_for(flags);
  ASSERT_TRUE(plan.has_value()) << plan.error().message();
  EXPECT_EQ(plan->runs, 5u);
  EXPECT_EQ(plan->warmup, 0u);
  ASSERT_TRUE(plan->variants.at(0).load);
  EXPECT_EQ(plan->variants.at(0).load->spec.rate, 1000);
  EXPECT_EQ(plan->variants.at(0).load->workload.request.target, "/");
  flags.runs = 9;
  flags.warmup = 2;
  EXPECT_EQ(plan_for(flags)->runs, 9u);
  EXPECT_EQ(plan_for(flags)->warmup, 2u);
}

TEST(ReadPlan, ABareCommandHasNoWorkloadsToBeLoadedWith) {
  SweepFlags flags;
  flags.load = "rate=max,workload=echo";
  const auto plan = plan_for(flags);
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().cause, "a bare command has no workloads");
}

TEST(ReadPlan, ALoadNeedsAContractThatListens) {
  SweepFlags flags;
  flags.load = "rate=max";
  flags.contracts = {"lambda"};
  const auto plan = plan_for(flags);
  ASSERT_FALSE(plan);
  EXPECT_THAT(plan.error().cause, testing::HasSubstr("lambda"));
}

TEST(ReadPlan, ABareCommandIsAskedWhatTheFlagsSay) {
  SweepFlags flags;
  flags.method = "POST";
  flags.path = "/echo?x=1";
  flags.headers = {"Content-Type:  application/json ", "X-Empty:"};
  flags.body = "{}";
  flags.expect_status = 201;
  flags.expect_body = "ok";
  flags.port = 8080;
  flags.contracts = {"listen-fds"};
  const auto plan = plan_for(flags);
  ASSERT_TRUE(plan.has_value()) << plan.error().message();
  const sweep::Variant& variant = plan->variants.at(0);
  EXPECT_EQ(variant.name, "true");
  EXPECT_EQ(variant.function.fixed_port, 8080);
  EXPECT_EQ(variant.contract, function::ContractKind::listen_fds);
  EXPECT_EQ(variant.workload.request.method, "POST");
  EXPECT_EQ(variant.workload.request.target, "/echo?x=1");
  EXPECT_THAT(variant.workload.request.headers,
              ElementsAre(Pair("Content-Type", "application/json"), Pair("X-Empty", "")));
  EXPECT_EQ(variant.workload.request.body, "{}");
  EXPECT_EQ(variant.workload.expectation.status, 201);
  EXPECT_EQ(variant.workload.expectation.body, "ok");
}

TEST(ReadPlan, AHeaderCannotSmuggleASecondLine) {
  SweepFlags flags;
  flags.headers = {"X: y\r\nEvil: z"};
  const auto plan = plan_for(flags);
  ASSERT_FALSE(plan.has_value());
  EXPECT_EQ(plan.error().operation, "read --header");
}

TEST(ReadPlan, RootAppliesToEveryFunction) {
  SweepFlags flags;
  flags.root = "/srv/root";
  const auto plan = plan_for(flags);
  ASSERT_TRUE(plan.has_value());
  EXPECT_EQ(plan->variants.at(0).function.root.kind, function::RootKind::directory);
  EXPECT_EQ(plan->variants.at(0).function.root.directory, "/srv/root");
}

TEST(ReadExecutorOptions, ReadsACpuList) {
  SweepFlags flags;
  flags.function_cpus = "2-3,5";
  flags.no_kernel_stamps = true;
  const auto options = read_executor_options(flags);
  ASSERT_TRUE(options.has_value());
  EXPECT_THAT(options->function_cpus, ElementsAre(2, 3, 5));
  EXPECT_EQ(options->kernel_stamps, sweep::KernelStamps::off);
  EXPECT_EQ(options->cgroup_parent, std::nullopt);
}

TEST(SplitValues, GivesBackWhatWasJoinedWithEscapes) {
  rc::check([](const std::vector<std::string>& values) {
    RC_PRE(!values.empty());
    std::string text;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i > 0) text += ',';
      for (const char c : values[i]) {
        if (c == ',' || c == '\\') text += '\\';
        text += c;
      }
    }
    RC_ASSERT(split_values(text) == values);
  });
}

TEST(SplitValues, KeepsABackslashThatEscapesNothing) {
  EXPECT_THAT(split_values(R"(C:\dir,x\)"), ElementsAre(R"(C:\dir)", R"(x\)"));
}

}  // namespace
}  // namespace frostbyte::commands
