#include "launcher/load/response_check.h"

#include <gmock/gmock.h>

namespace frostbyte::load {
namespace {

using testing::HasSubstr;
using testing::Optional;

TEST(ResponseCheck, ComparesStatusAndLiteralBodyOfEveryResponse) {
  ResponseCheck check({.status = 200, .body = "hello\n", .json = {}, .volatile_fields = {}});
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(check.problem_of(200, "hello\n"), std::nullopt);
    EXPECT_THAT(check.problem_of(200, "hellO\n"), Optional(HasSubstr("body")));
    EXPECT_THAT(check.problem_of(500, "hello\n"), Optional(HasSubstr("status 500")));
  }
}

TEST(ResponseCheck, ExaminesJsonThatDiffersInLength) {
  ResponseCheck check({.status = 200, .body = {}, .json = R"({"a":1,"t":0})", .volatile_fields = {"t"}});
  EXPECT_EQ(check.problem_of(200, R"({"a":1,"t":5})"), std::nullopt);
  EXPECT_EQ(check.problem_of(200, R"({"t":123,"a":1})"), std::nullopt);
  EXPECT_THAT(check.problem_of(200, R"({"a":2,"t":123456})"), Optional(HasSubstr("a")));
}

TEST(ResponseCheck, FindsWrongJsonOfTheRightLengthWithinASample) {
  ResponseCheck check({.status = 200, .body = {}, .json = R"({"a":1})", .volatile_fields = {}});
  ASSERT_EQ(check.problem_of(200, R"({"a":1})"), std::nullopt);
  std::uint32_t found = 0;
  for (std::uint32_t i = 0; i < ResponseCheck::kSampled; ++i) found += check.problem_of(200, R"({"a":2})").has_value();
  EXPECT_GE(found, 1U);
}

TEST(ResponseCheck, KeepsExaminingOnceSomethingWasWrong) {
  ResponseCheck check({.status = 200, .body = {}, .json = R"({"a":1})", .volatile_fields = {}});
  for (std::uint32_t i = 0; i < 3 * ResponseCheck::kSampled; ++i)
    EXPECT_TRUE(check.problem_of(200, R"({"a":2})").has_value()) << i;
}

TEST(ResponseCheck, DoesNotTakeNothingForJson) {
  ResponseCheck check({.status = 200, .body = {}, .json = R"({"a":1})", .volatile_fields = {}});
  EXPECT_TRUE(check.problem_of(200, "").has_value());
}

TEST(ResponseCheck, TakesAnyBodyWhereNoneIsExpected) {
  ResponseCheck check({.status = 204, .body = {}, .json = {}, .volatile_fields = {}});
  EXPECT_EQ(check.problem_of(204, "whatever"), std::nullopt);
}

}  // namespace
}  // namespace frostbyte::load
