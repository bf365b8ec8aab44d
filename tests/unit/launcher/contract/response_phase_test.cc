#include "launcher/contract/response_phase.h"

#include <gmock/gmock.h>
#include <rapidcheck.h>
#include <sys/wait.h>

#include <csignal>

#include "conversation.h"

namespace frostbyte::contract {
namespace {

using testing::HasSubstr;

struct Heard {
  Conclusion conclusion;
  Timeline timeline;
};

Heard await(int socket, Watch& watch) {
  Heard heard;
  heard.conclusion = await_response(watch, socket, hello_terms().workload, heard.timeline);
  return heard;
}

/// What the launcher makes of a response that is there when it looks.
Heard hear_of(Connected& pair) {
  ThreadWatch watch(in(kSoon));
  return await(pair.client.get(), *watch);
}

TEST(AwaitResponse, IsTheSameHoweverTheResponseIsCut) {
  EXPECT_TRUE(rc::check("cuts do not matter", [] {
    Connected pair = connected();
    std::jthread function(
        [&, cuts = *rc::gen::container<std::vector<std::uint8_t>>(rc::gen::inRange<std::uint8_t>(1, 40))] {
          std::string_view rest = kHello;
          for (std::size_t cut : cuts) {
            say(pair.server.get(), rest.substr(0, cut));
            rest.remove_prefix(std::min<std::size_t>(cut, rest.size()));
          }
          say(pair.server.get(), rest);
        });
    ThreadWatch watch(MonotonicClock::now() + kLater);
    const Heard heard = await(pair.client.get(), *watch);
    RC_ASSERT(heard.conclusion.end == End::ok);
    RC_ASSERT(heard.timeline.response_bytes == kHello.size());
    RC_ASSERT(heard.timeline.first_byte->at <= heard.timeline.response->at);
  }));
}

TEST(AwaitResponse, EndsWithTheConnectionWhenNothingElseSaysWhere) {
  Connected pair = connected();
  say(pair.server.get(), "HTTP/1.1 200 OK\r\n\r\nhello world\n");
  pair.server.reset();
  EXPECT_EQ(hear_of(pair).conclusion.end, End::ok);
}

TEST(AwaitResponse, SaysWhatIsWrongWithAnAnswer) {
  const std::pair<const char*, const char*> answers[] = {
      {"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", "status 500"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhell", "body"},
      {"220 smtp ready\r\n", ""},
      {"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nhello", "5 of 12"},
      {"", ""}};
  for (const auto& [answer, why] : answers) {
    Connected pair = connected();
    say(pair.server.get(), answer);
    pair.server.reset();
    const Heard heard = hear_of(pair);
    EXPECT_EQ(heard.conclusion.end, End::wrong_response) << answer;
    EXPECT_STREQ(heard.conclusion.phase, "response");
    EXPECT_THAT(heard.conclusion.detail, HasSubstr(why)) << answer;
    EXPECT_FALSE(heard.conclusion.detail.empty()) << answer;
  }
}

void reset_by(Fd& server) {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(server.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  server.reset();
}

TEST(AwaitResponse, AResetBeforeAnyByteIsARefusal) {
  Connected pair = connected();
  reset_by(pair.server);
  const Heard heard = hear_of(pair);
  EXPECT_EQ(heard.conclusion.end, End::refused);
  EXPECT_EQ(heard.conclusion.errno_value, ECONNRESET);
}

TEST(AwaitResponse, AWholeResponseCountsThoughAResetFollowsIt) {
  Connected pair = connected();
  say(pair.server.get(), kHello);
  reset_by(pair.server);
  EXPECT_EQ(hear_of(pair).conclusion.end, End::ok);
}

TEST(AwaitResponse, APartOfAResponseBeforeAResetIsAWrongOne) {
  Connected pair = connected();
  say(pair.server.get(), kHello.substr(0, 20));
  reset_by(pair.server);
  const Heard heard = hear_of(pair);
  EXPECT_EQ(heard.conclusion.end, End::wrong_response);
  EXPECT_THAT(heard.conclusion.detail, HasSubstr("after 20 bytes"));
}

TEST(AwaitResponse, TimesOutWithWhatItGot) {
  Connected pair = connected();
  say(pair.server.get(), kHello.substr(0, 20));
  const Heard heard = hear_of(pair);
  EXPECT_EQ(heard.conclusion.end, End::timeout);
  EXPECT_THAT(heard.conclusion.detail, HasSubstr("20 bytes of an unfinished response"));
  EXPECT_TRUE(heard.timeline.first_byte);
  EXPECT_FALSE(heard.timeline.response);
}

TEST(AwaitResponse, TakesTheAnswerOfAFunctionThatHasExited) {
  Connected pair = connected();
  say(pair.server.get(), kHello);
  const Child child([] {});
  Watch watch({.pid = child.pid(), .pidfd = child.pidfd()}, in(kLater), Waiting::spinning);
  EXPECT_EQ(watch.wait(-1), Wake::exited);
  EXPECT_EQ(await(pair.client.get(), watch).conclusion.end, End::ok);
}

TEST(AwaitResponse, ReportsAnExitBeforeTheResponse) {
  const Connected pair = connected();
  const Child child([] {});
  Watch watch({.pid = child.pid(), .pidfd = child.pidfd()}, in(kLater), Waiting::spinning);
  EXPECT_EQ(await(pair.client.get(), watch).conclusion.end, End::exited);
}

/// The kernel's stamp of a response is the response's own only as long as the close that follows was not read with it.
class Joined : public ::testing::Test {
 protected:
  /// One launch in which the function closes when the response was sent, or when the launcher is done.
  static Heard answer(bool closes, bool looked_before) {
    Connected pair = connected();
    ThreadWatch watch(in(kLater));
    if (looked_before) {
      EXPECT_EQ(watch->wait_until(pair.client.get(), in(std::chrono::milliseconds(1))), Wake::deadline);
    }
    say(pair.server.get(), kHello);
    if (closes) pair.server.reset();
    return await(pair.client.get(), *watch);
  }
  StampingKeeper keeper_ = stamping();
};

TEST_F(Joined, AStampIsCertainWhenTheConnectionStaysOpen) {
  const Heard heard = answer(false, true);
  EXPECT_STREQ(heard.timeline.response->source, heard.timeline.first_byte->source);
  EXPECT_LT(heard.timeline.response_error, std::chrono::milliseconds(1)) << "a conversion of clocks, nothing else";
}

TEST_F(Joined, TheErrorReachesBackToTheLastLookThatFoundNothing) {
  const Instant before = MonotonicClock::now();
  const Heard heard = answer(true, true);
  const auto& response = *heard.timeline.response;
  if (std::string(response.source) == "recv") GTEST_SKIP() << "not applicable: this kernel stamps no received bytes";
  EXPECT_STREQ(response.source, "kernel_rx_joined");
  EXPECT_GE(response.at - heard.timeline.response_error, before) << "the look was made after that";
  EXPECT_GT(heard.timeline.response_error, Nanos(0));
}

TEST_F(Joined, TheErrorIsAWakeUpWhenNobodyLookedBefore) {
  const Heard heard = answer(true, false);
  if (std::string(heard.timeline.response->source) == "recv") {
    GTEST_SKIP() << "not applicable: this kernel stamps no received bytes";
  }
  EXPECT_GE(heard.timeline.response_error, Watch::kWakeTime);
}

}  // namespace
}  // namespace frostbyte::contract
