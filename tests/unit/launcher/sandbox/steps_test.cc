#include "launcher/sandbox/steps.h"

#include <gtest/gtest.h>
#include <sys/syscall.h>

#include <utility>

namespace frostbyte::sandbox {
namespace {

TEST(StepList, AddressesStayValidWhileItGrowsAndMoves) {
  StepList steps;
  std::vector<long> addresses;
  for (int i = 0; i < 1000; ++i) addresses.push_back(steps.keep("text " + std::to_string(i)));
  const StepList moved = std::move(steps);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(reinterpret_cast<const char*>(addresses[static_cast<std::size_t>(i)]), "text " + std::to_string(i));
  }
}

TEST(StepList, KeepsTheBytesOfAStructure) {
  struct Shape {
    int a;
    long b;
  };
  StepList steps;
  const Shape shape{.a = 7, .b = -9};
  const auto* kept = reinterpret_cast<const Shape*>(steps.keep_bytes(&shape, sizeof shape));
  EXPECT_EQ(kept->a, 7);
  EXPECT_EQ(kept->b, -9);
}

TEST(StepList, ArgumentsNotGivenAreZero) {
  StepList steps;
  const Step& step = steps.add("do", SYS_dup, {3});
  EXPECT_EQ(step.arguments[0], 3);
  for (std::size_t i = 1; i < step.arguments.size(); ++i) EXPECT_EQ(step.arguments[i], 0);
  EXPECT_EQ(steps.what(0), "do");
}

}  // namespace
}  // namespace frostbyte::sandbox
