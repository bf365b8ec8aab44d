#include "launcher/base/process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace frostbyte {
namespace {

using testing::Eq;
using testing::Optional;

TEST(NameProcess, GivesOneNameToOneProcess) {
  const Result<ProcessName> first = name_process(getpid());
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(*first, name_process(getpid()).value());
  EXPECT_TRUE(is_alive(*first));
}

TEST(NameProcess, SeesThroughACommandThatLooksLikeFields) {
  const Result<ProcessName> before = name_process(getpid());
  char old[16] = {};
  ASSERT_EQ(prctl(PR_GET_NAME, old), 0);
  ASSERT_EQ(prctl(PR_SET_NAME, "x) S 1 (2 3"), 0);
  const Result<ProcessName> after = name_process(getpid());
  prctl(PR_SET_NAME, old);
  ASSERT_TRUE(after.has_value());
  EXPECT_EQ(*after, *before);
}

TEST(NameProcess, SaysThatTheProcessIsGone) {
  const Result<ProcessName> name = name_process(0x3fffffff);
  ASSERT_FALSE(name.has_value());
  EXPECT_EQ(name.error().code, ENOENT);
}

TEST(IsAlive, IsFalseOnceTheProcessIsReaped) {
  const pid_t child = fork();
  if (child == 0) {
    pause();
    _exit(0);
  }
  const Result<ProcessName> name = name_process(child);
  ASSERT_TRUE(name.has_value());
  EXPECT_TRUE(is_alive(*name));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_FALSE(is_alive(*name));
}

TEST(IsAlive, IsFalseWhenThePidWasGivenToAnother) {
  ProcessName name = name_process(getpid()).value();
  name.start += 1;
  EXPECT_FALSE(is_alive(name));
}

RC_GTEST_PROP(ParseProcessName, InvertsToString, ()) {
  const ProcessName name{.pid = *rc::gen::inRange<pid_t>(1, 1 << 22),
                         .start = *rc::gen::inRange<std::uint64_t>(0, 1ull << 50)};
  RC_ASSERT(parse_process_name(to_string(name)) == name);
  RC_ASSERT(parse_process_name(to_string(name) + "-aB3xYz") == name);
  RC_ASSERT(!parse_process_name(to_string(name) + "x").has_value());
}

TEST(ParseProcessName, RefusesWhatIsNoName) {
  for (const char* text : {"", "-", "12", "12-", "-3-4", "0-5", "12-x", "x-12", "12--3", " 1-2", "99999999999999-1"}) {
    EXPECT_FALSE(parse_process_name(text).has_value()) << text;
  }
  EXPECT_THAT(parse_process_name("12-0"), Optional(Eq(ProcessName{.pid = 12, .start = 0})));
}

}  // namespace
}  // namespace frostbyte
