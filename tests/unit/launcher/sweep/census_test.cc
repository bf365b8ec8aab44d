#include "launcher/sweep/census.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "launcher/sweep/run_header.h"
#include "plans.h"

namespace frostbyte::sweep {
namespace {

using testing::HasSubstr;

/// Answers one census after the other from a list.
class CountingExecutor : public Executor {
 public:
  explicit CountingExecutor(std::vector<record::Sample> answers) : answers_(std::move(answers)) {}
  Result<void> prepare(std::span<const std::uint32_t>) override { return {}; }
  Result<record::Sample> launch(std::uint32_t) override { return failure("launch", "", "nothing is timed here"); }
  Result<record::Sample> census(std::uint32_t) override { return answers_.at(asked++); }
  Result<record::Sample> try_limit(std::uint32_t, Bytes) override { return failure("limit", "", "not here"); }
  Result<void> finish_batch() override { return {}; }
  [[nodiscard]] std::uint32_t batch_size() const override { return 1; }
  std::size_t asked = 0;

 private:
  std::vector<record::Sample> answers_;
};

record::Sample counted(std::int64_t total) {
  record::Sample sample;
  sample.values = {{"calls.total", total}, {"calls.mmap", 2},     {"calls.brk", 1},
                   {"calls.madvise", 0},   {"calls.mprotect", 0}, {"calls.munmap", 0}};
  return sample;
}

record::VariantInfo census_of(std::vector<record::Sample> answers) {
  const Plan plan = plan_of_variants(1, 1);
  record::Header header = header_of(plan);
  CountingExecutor executor(std::move(answers));
  const std::atomic<bool> interrupted = false;
  EXPECT_TRUE(take_census(plan, executor, interrupted, header));
  return header.variants.front();
}

TEST(Census, GivesACountOnWhichLaunchesAgree) {
  const auto variant = census_of({counted(30), counted(30), counted(30)});
  EXPECT_EQ(variant.values.at("calls.total"), 30);
  EXPECT_EQ(variant.values.at("calls.madvise"), 0);
  EXPECT_TRUE(variant.unavailable.empty());
}

TEST(Census, SaysBetweenWhatACountVariesInsteadOfChoosing) {
  const auto variant = census_of({counted(31), counted(29), counted(30)});
  EXPECT_FALSE(variant.values.contains("calls.total"));
  EXPECT_EQ(variant.unavailable.at("calls.total"), "it differs from launch to launch: 29 to 31 in 3 launches");
  EXPECT_EQ(variant.values.at("calls.mmap"), 2);
}

TEST(Census, OfAFailedLaunchIsNoneAndSaysWhy) {
  const auto variant = census_of({counted(30), failed_sample()});
  EXPECT_TRUE(variant.values.empty());
  EXPECT_THAT(variant.unavailable.at("calls.brk"), HasSubstr("a launch of the census failed: exec_failed: it failed"));
}

TEST(Census, ThatIsInterruptedLaunchesNoMore) {
  const Plan plan = plan_of_variants(2, 1);
  record::Header header = header_of(plan);
  CountingExecutor executor({});
  const std::atomic<bool> interrupted = true;
  EXPECT_TRUE(take_census(plan, executor, interrupted, header));
  EXPECT_EQ(executor.asked, 0u);
  EXPECT_EQ(header.variants.back().unavailable.at("calls.total"), "interrupted");
}

}  // namespace
}  // namespace frostbyte::sweep
