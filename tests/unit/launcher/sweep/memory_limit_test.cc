#include "launcher/sweep/memory_limit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plans.h"

namespace frostbyte::sweep {
namespace {

using testing::HasSubstr;

constexpr Bytes kMebi{1 << 20};
constexpr Bytes kGibi{1 << 30};
constexpr std::int64_t kPage = 4096;

/// Answers from `enough` pages on; below, the n-th launch of a limit may be lucky.
struct Function {
  std::int64_t enough = 0;
  std::function<bool(std::int64_t pages, int launch)> lucky = [](std::int64_t, int) { return false; };
  std::map<std::int64_t, int> launches;

  Result<record::Sample> operator()(Bytes limit) {
    EXPECT_EQ(limit.count % kPage, 0);
    const std::int64_t pages = limit.count / kPage;
    if (pages >= enough || lucky(pages, launches[pages]++)) return ok_sample();
    return failed_sample(record::Outcome::oom_killed);
  }
};

Result<MemoryLimit> search(Function& function, Bytes most = kGibi) {
  const std::atomic<bool> interrupted = false;
  return find_memory_limit([&](Bytes limit) { return function(limit); }, kMebi, most, interrupted);
}

TEST(MemoryLimit, IsFoundToThePageWithItsCauseJustBelow) {
  for (const std::int64_t enough : {1, 2, 37, 255, 256, 257, 5000, 200'000}) {
    Function function{.enough = enough, .launches = {}};
    const auto found = search(function);
    ASSERT_TRUE(found) << found.error().message();
    EXPECT_EQ(found->enough.count, enough * kPage);
    EXPECT_EQ(found->below.count, (enough - 1) * kPage);
    if (enough > 1) {
      EXPECT_EQ(found->failed.outcome, record::Outcome::oom_killed);
    }
  }
}

TEST(MemoryLimit, IsNotWhatOneLuckyLaunchSays) {
  Function function{.enough = 300,
                    .lucky = [](std::int64_t pages, int launch) { return pages > 250 && launch % 3 != 2; },
                    .launches = {}};
  const auto found = search(function);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->enough.count, 300 * kPage);
}

TEST(MemoryLimit, ThatPassedItsTrialsByLuckIsFoundOutByItsProof) {
  // Seven launches under 290 pages and more answer, the eighth does not: five trials pass, ten do not.
  Function function{.enough = 300,
                    .lucky = [](std::int64_t pages, int launch) { return pages >= 290 && launch % 8 != 7; },
                    .launches = {}};
  const auto found = search(function);
  ASSERT_TRUE(found);
  EXPECT_GE(found->enough.count, 296 * kPage);
  EXPECT_LE(found->enough.count, 304 * kPage);
  EXPECT_LT(found->below.count, found->enough.count);
}

TEST(MemoryLimit, ThatDoesNotExistIsAnErrorWithTheCause) {
  Function function{.enough = 1'000'000'000, .launches = {}};
  const auto found = search(function, Bytes{64 << 20});
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().message(), HasSubstr("it does not answer with 64 MiB either: oom_killed: it failed"));
}

TEST(MemoryLimit, OfAHostWithoutAControllerIsUnavailableWithItsReason) {
  const std::atomic<bool> interrupted = false;
  const auto found = find_memory_limit(
      [](Bytes) -> Result<record::Sample> { return failure("limit", "memory", "no memory controller"); }, kMebi, kGibi,
      interrupted);
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().message(), HasSubstr("no memory controller"));
}

}  // namespace
}  // namespace frostbyte::sweep
