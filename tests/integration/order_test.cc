// Variants are interleaved: each once a round, in an order that is shuffled anew each round and repeats with its seed.
#include <map>
#include <set>

#include "harness.h"

namespace frostbyte::integration {
namespace {

class Order : public Integration {
 protected:
  /// Variants in launch order, by round.
  [[nodiscard]] std::map<std::int64_t, Words> rounds(const std::string& seed) const {
    const RunFile run = sweep_ok(
        {calibration_function("known-delay"), "-L", "DELAY_US=0,1,2,3", "-w", "0", "-r", "12", "--seed", seed});
    std::map<std::int64_t, Words> result;
    for (const Row& row : run.rows) result[row.number("round")].push_back(row.variant());
    return result;
  }
};

TEST_F(Order, IsAPermutationARoundShuffledAnewAndRepeatableByItsSeed) {
  const auto first = rounds("1");
  ASSERT_EQ(first.size(), 12u);
  std::set<Words> orders;
  for (const auto& [round, variants] : first) {
    EXPECT_EQ(variants.size(), 4u);
    EXPECT_EQ(std::set(variants.begin(), variants.end()).size(), 4u) << "round " << round;
    orders.insert(variants);
  }
  EXPECT_GT(orders.size(), 3u) << "rounds are hardly shuffled";
  EXPECT_EQ(rounds("1"), first);
  EXPECT_NE(rounds("2"), first);
}

}  // namespace
}  // namespace frostbyte::integration
