#include "launcher/sandbox/root_steps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>

#include <algorithm>

namespace frostbyte::sandbox {
namespace {

using ::testing::HasSubstr;

RootPlan minimal_plan() {
  return {.kind = RootKind::minimal,
          .folder = "/srv/functions/echo",
          .working_directory = "/srv/functions/echo",
          .staging = "/tmp/staging"};
}

/// Every argument of every step that is text, in order.
std::vector<std::string> whats(const StepList& steps) {
  std::vector<std::string> result;
  for (std::size_t i = 0; i < steps.size(); ++i) result.push_back(steps.what(i));
  return result;
}

std::ptrdiff_t position(const StepList& steps, long number) {
  const auto all = steps.steps();
  return std::ranges::find(all, number, &Step::number) - all.begin();
}

TEST(RootSteps, TheFunctionsFolderIsAtAFixedPlaceInside) {
  const RootPlan plan = minimal_plan();
  EXPECT_EQ(inside_root(plan, "/srv/functions/echo/bin/echo"), "/function/bin/echo");
  EXPECT_EQ(inside_root(plan, "/srv/functions/echo"), "/function");
  EXPECT_EQ(inside_root(plan, "/srv/functions/echo-2/echo"), "/srv/functions/echo-2/echo") << "a sibling is not inside";
  EXPECT_EQ(inside_root(plan, "/usr/bin/true"), "/usr/bin/true");
}

TEST(RootSteps, TheHostsRootKeepsEveryPath) {
  RootPlan plan = minimal_plan();
  plan.kind = RootKind::host;
  EXPECT_EQ(inside_root(plan, "/srv/functions/echo/echo"), "/srv/functions/echo/echo");
}

TEST(RootSteps, MountsArePrivateBeforeAnythingIsMounted) {
  for (const RootKind kind : {RootKind::minimal, RootKind::host, RootKind::directory}) {
    RootPlan plan = minimal_plan();
    plan.kind = kind;
    plan.directory = "/srv/root";
    StepList steps;
    ASSERT_TRUE(add_root_steps(steps, plan));
    const auto first_mount = position(steps, SYS_mount);
    EXPECT_THAT(steps.what(static_cast<std::size_t>(first_mount)), HasSubstr("privately"));
  }
}

TEST(RootSteps, TheOldRootIsDetachedAfterThePivot) {
  StepList steps;
  ASSERT_TRUE(add_root_steps(steps, minimal_plan()));
  EXPECT_LT(position(steps, SYS_pivot_root), position(steps, SYS_umount2));
  EXPECT_LT(position(steps, SYS_umount2), static_cast<std::ptrdiff_t>(steps.size()));
}

TEST(RootSteps, WhatLaunchesShareIsReadOnlyAndHoldsNeitherProcNorAPlaceToWrite) {
  StepList shared;
  add_shared_root_steps(shared, minimal_plan());
  EXPECT_THAT(whats(shared), ::testing::Contains("make /tmp/staging read-only"));
  EXPECT_THAT(whats(shared), ::testing::Not(::testing::Contains("mount proc")));
  EXPECT_THAT(whats(shared), ::testing::Not(::testing::Contains("mount a tmpfs on /tmp")));
  EXPECT_LT(position(shared, SYS_mount_setattr), position(shared, SYS_pivot_root));
}

TEST(RootSteps, EveryLaunchGetsProcAndTmpAnew) {
  StepList fresh;
  add_fresh_root_steps(fresh, minimal_plan());
  EXPECT_THAT(whats(fresh), ::testing::IsSupersetOf({"mount proc", "mount a tmpfs on /tmp"}));
  EXPECT_EQ(position(fresh, SYS_pivot_root), static_cast<std::ptrdiff_t>(fresh.size()));
}

TEST(RootSteps, TheHostsRootIsNeverPivoted) {
  RootPlan plan = minimal_plan();
  plan.kind = RootKind::host;
  StepList steps;
  ASSERT_TRUE(add_root_steps(steps, plan));
  EXPECT_EQ(position(steps, SYS_pivot_root), static_cast<std::ptrdiff_t>(steps.size()));
  EXPECT_LT(position(steps, SYS_mount_setattr), static_cast<std::ptrdiff_t>(steps.size())) << "it is made read-only";
}

TEST(RootSteps, DevicesAreBoundWhereTheyCannotBeMade) {
  RootPlan plan = minimal_plan();
  plan.devices = DeviceNodes::bind;
  StepList steps;
  ASSERT_TRUE(add_root_steps(steps, plan));
  EXPECT_THAT(whats(steps), ::testing::Contains(HasSubstr("mount device")));
}

TEST(RootSteps, OverlayPathsAreEscaped) {
  RootPlan plan = minimal_plan();
  plan.kind = RootKind::directory;
  plan.directory = "/srv/a:b,c\\d";
  StepList steps;
  ASSERT_TRUE(add_root_steps(steps, plan));
  bool found = false;
  for (const Step& step : steps.steps()) {
    if (step.number != SYS_mount || step.arguments[4] == 0) continue;
    const std::string_view data(reinterpret_cast<const char*>(step.arguments[4]));
    found = found || data.starts_with("lowerdir=/srv/a\\:b\\,c\\\\d,upperdir=");
  }
  EXPECT_TRUE(found);
}

TEST(RootSteps, ADirectoryRootNeedsOverlaysAndSaysSo) {
  RootPlan plan = minimal_plan();
  plan.kind = RootKind::directory;
  plan.directory = "/srv/root";
  plan.overlays = Overlays::unavailable;
  StepList steps;
  const auto added = add_root_steps(steps, plan);
  ASSERT_FALSE(added);
  EXPECT_THAT(added.error().message(), HasSubstr("refuses overlay mounts"));
  EXPECT_THAT(added.error().hint, HasSubstr("--root minimal"));
}

}  // namespace
}  // namespace frostbyte::sandbox
