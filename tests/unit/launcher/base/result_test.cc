#include "launcher/base/result.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <memory>

namespace frostbyte {
namespace {

TEST(Error, MessageReadsAsASentence) {
  EXPECT_EQ((Error{.operation = "open", .subject = "x", .cause = {}, .code = ENOENT, .hint = {}}.message()),
            "cannot open 'x': No such file or directory (ENOENT)");
  EXPECT_EQ(
      (Error{.operation = "read", .subject = "x", .cause = "it is empty", .code = 0, .hint = "fill it"}.message()),
      "cannot read 'x': it is empty\n  hint: fill it");
  EXPECT_EQ((Error{.operation = "start", .subject = {}, .cause = {}, .code = 0, .hint = {}}.message()), "cannot start");
}

TEST(Error, UnknownErrnoIsStillNamed) {
  const std::string message = Error{.operation = "o", .subject = "s", .cause = {}, .code = 9999, .hint = {}}.message();
  EXPECT_NE(message.find("9999"), std::string::npos) << message;
}

TEST(SystemFailure, TakesTheCurrentErrno) {
  errno = EACCES;
  EXPECT_EQ(system_failure("open", "x").error().code, EACCES);
  errno = EACCES;
  EXPECT_EQ(system_failure(EPERM, "open", "x").error().code, EPERM);
}

TEST(Wrap, AddsContextOutwardAndKeepsTheHint) {
  Error inner{.operation = "open", .subject = "y", .cause = {}, .code = ENOENT, .hint = "create it"};
  EXPECT_EQ(wrap(std::move(inner), "load function", "x").error().message(),
            "cannot load function 'x': cannot open 'y': No such file or directory (ENOENT)\n  hint: create it");
}

Result<int> half(int n) {
  if (n % 2 != 0) return failure("halve", std::to_string(n), "it is odd");
  return n / 2;
}

Result<int> quarter(int n) { return TRY(half(TRY(half(n)))); }

TEST(Try, GivesTheValueOrReturnsTheError) {
  EXPECT_EQ(quarter(8), 2);
  EXPECT_EQ(quarter(6).error().subject, "3");
}

Result<std::unique_ptr<int>> boxed() { return std::make_unique<int>(7); }
Result<int> unboxed() {
  const std::unique_ptr<int> box = TRY(boxed());
  return *box;
}

TEST(Try, MovesValuesThatCannotBeCopied) { EXPECT_EQ(unboxed(), 7); }

Result<void> check(bool good) {
  if (!good) return failure("check", "it", "it is bad");
  return {};
}
Result<int> checked(bool good) {
  TRY(check(good));
  return 1;
}

TEST(Try, WorksForResultsWithoutValue) {
  EXPECT_EQ(checked(true), 1);
  EXPECT_EQ(checked(false).error().cause, "it is bad");
}

}  // namespace
}  // namespace frostbyte
