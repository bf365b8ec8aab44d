#include "launcher/load/generator.h"

#include <gmock/gmock.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <chrono>
#include <mutex>

#include "launcher/load/limit.h"
#include "scripted_server.h"

namespace frostbyte::load {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

Load load_of(std::string_view spec) {
  return {.spec = parse_spec(spec).value(),
          .workload = {.name = "test",
                       .summary = "",
                       .request = {},
                       .expectation = {.status = 200, .body = "ok", .json = {}, .volatile_fields = {}}}};
}

Reply at_once(std::uint64_t) { return {}; }

Tally drive_or_die(const Load& load, const contract::Address& server, const Surroundings& surroundings = {}) {
  auto tally = drive(load, server, surroundings);
  EXPECT_TRUE(tally) << tally.error().message();
  return tally ? *tally : Tally{};
}

TEST(OpenLoop, AsksExactlyWhatWasDueInTheWindow) {
  ScriptedServer server(at_once);
  const Tally tally = drive_or_die(load_of("rate=400,connections=4,duration=500ms,warmup=100ms"), server.address());
  EXPECT_EQ(tally.requests, 200U);
  EXPECT_EQ(tally.latency.count(), 200U);
  EXPECT_EQ(tally.failed(), 0U) << tally.first_problem;
  EXPECT_EQ(tally.conclusion, Conclusion::complete);
}

TEST(OpenLoop, EveryRequestOfTheWindowIsAnsweredOrAFault) {
  ScriptedServer server([](std::uint64_t i) {
    Reply reply;
    if (i % 5 == 1) reply.bytes = "HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n";
    if (i % 5 == 2) reply.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok";
    reply.close = i % 5 == 2;
    return reply;
  });
  const Tally tally = drive_or_die(load_of("rate=500,connections=3,duration=400ms,warmup=0"), server.address());
  EXPECT_EQ(tally.requests, 200U);
  EXPECT_EQ(tally.latency.count() + tally.failed(), tally.requests);
  EXPECT_GT(tally.count(Fault::wrong), 0U);
  EXPECT_GT(tally.count(Fault::broken), 0U);
  EXPECT_FALSE(tally.first_problem.empty());
}

/// Coordinated omission: one connection, one stall. A generator that waits for the answer before it looks at the clock
/// again would have one slow request; here everything that was due meanwhile is slow.
TEST(OpenLoop, ChargesAStallWithEveryRequestThatWasDueInIt) {
  constexpr milliseconds kStall(300);
  ScriptedServer server([&](std::uint64_t i) { return Reply{.delay = i == 10 ? Nanos(kStall) : Nanos(0)}; });
  const Tally tally = drive_or_die(load_of("rate=1000,connections=1,duration=600ms,warmup=0"), server.address());
  EXPECT_EQ(tally.requests, 600U);
  // Of the 300 requests due in the stall, those of its first half waited for at least its second half.
  const double share = 150.0 / 600.0;
  EXPECT_GE(tally.latency.quantile(1 - share + 0.01), kStall / 2);
  EXPECT_GE(tally.latency.max(), kStall);
}

TEST(OpenLoop, CountsWhatAnOverloadedServerNeverGotToSee) {
  ScriptedServer server([](std::uint64_t) { return Reply{.delay = milliseconds(50)}; });
  const Tally tally =
      drive_or_die(load_of("rate=200,connections=1,duration=500ms,warmup=0,timeout=200ms"), server.address());
  EXPECT_EQ(tally.requests, 100U);
  EXPECT_GT(tally.count(Fault::unanswered), 50U);
  EXPECT_EQ(tally.latency.count(), tally.requests);  // with the time they waited
  EXPECT_GE(tally.latency.max(), milliseconds(600));
  EXPECT_LT(tally.throughput(), 25.0);
}

TEST(OpenLoop, GivesUpOnAnswersThatDoNotCome) {
  ScriptedServer server([](std::uint64_t) { return Reply{.bytes = ""}; });
  const Tally tally =
      drive_or_die(load_of("rate=100,connections=50,duration=200ms,warmup=0,timeout=100ms"), server.address());
  EXPECT_EQ(tally.count(Fault::timeout), 20U);
  EXPECT_EQ(tally.completed, 0U);
  EXPECT_GE(tally.latency.quantile(0.5), milliseconds(100));
}

TEST(ClosedLoop, HasNeverMoreRequestsOnTheirWayThanConnections) {
  std::mutex mutex;
  int now = 0;
  int most = 0;
  ScriptedServer server([&](std::uint64_t) {
    const auto change = [&](int by) {
      const std::lock_guard lock(mutex);
      most = std::max(most, now += by);
    };
    change(1);
    std::this_thread::sleep_for(milliseconds(2));
    change(-1);
    return Reply{};
  });
  const Tally tally = drive_or_die(load_of("rate=max,connections=3,duration=300ms,warmup=50ms"), server.address());
  EXPECT_EQ(server.connections(), 3U);
  EXPECT_LE(most, 3);
  EXPECT_GE(most, 2);
  EXPECT_GE(tally.latency.quantile(0.01), milliseconds(2));
  EXPECT_GT(tally.completed, 0U);
}

TEST(ClosedLoop, ConnectsAgainToAServerThatCloses) {
  ScriptedServer server([](std::uint64_t) {
    return Reply{.bytes = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", .close = true};
  });
  const Tally tally = drive_or_die(load_of("rate=max,connections=2,duration=200ms,warmup=0"), server.address());
  EXPECT_EQ(tally.failed(), 0U) << tally.first_problem;
  EXPECT_GT(tally.reconnects, 2U);
  EXPECT_GE(server.connections(), tally.completed);
}

TEST(ClosedLoop, CountsConnectionsThatCannotBeMade) {
  contract::Address nobody;
  {
    const ScriptedServer gone(at_once);
    nobody = gone.address();
  }
  const Tally tally = drive_or_die(load_of("rate=max,connections=2,duration=100ms,warmup=0"), nobody);
  EXPECT_GT(tally.count(Fault::connect), 0U);
  EXPECT_EQ(tally.completed, 0U);
  EXPECT_THAT(tally.first_problem, HasSubstr("cannot connect to 127.0.0.1"));
}

TEST(Drive, EndsWithTheServer) {
  ScriptedServer server(at_once);
  const Fd ended(::eventfd(1, EFD_CLOEXEC));  // readable, as the pidfd of a process that is gone
  const Tally tally =
      drive_or_die(load_of("rate=max,connections=1,duration=60s"), server.address(), {.pidfd = ended.get()});
  EXPECT_EQ(tally.conclusion, Conclusion::server_ended);
}

TEST(Drive, EndsWhenInterrupted) {
  ScriptedServer server(at_once);
  const std::atomic<bool> interrupted = true;
  const Tally tally =
      drive_or_die(load_of("rate=1,connections=1,duration=60s"), server.address(), {.interrupted = &interrupted});
  EXPECT_EQ(tally.conclusion, Conclusion::interrupted);
}

TEST(Drive, LooksAfterWhatItWasToldTo) {
  ScriptedServer server(at_once);
  const Fd event(::eventfd(7, EFD_CLOEXEC));
  std::uint64_t taken = 0;
  const auto attend = [&](int fd) { EXPECT_EQ(::read(fd, &taken, sizeof taken), 8); };
  drive_or_die(load_of("rate=100,connections=1,duration=50ms,warmup=0"), server.address(),
               {.attended = {event.get()}, .attend = attend});
  EXPECT_EQ(taken, 7U);
}

TEST(Drive, CallsItsHooksInOrderAndTheLastOneUnderLoad) {
  std::vector<std::string> called;
  std::uint64_t seen = 0;
  ScriptedServer server(at_once);
  Surroundings surroundings;
  surroundings.window_begins = [&] {
    called.emplace_back("begins");
    EXPECT_GT(server.requests(), 0U) << "a warm-up came before";
  };
  surroundings.window_ended = [&] { called.emplace_back("ended"), seen = server.requests(); };
  surroundings.under_load = [&] { called.emplace_back("under load"); };
  const Tally tally =
      drive_or_die(load_of("rate=max,connections=2,duration=100ms,warmup=50ms"), server.address(), surroundings);
  EXPECT_THAT(called, testing::ElementsAre("begins", "ended", "under load"));
  EXPECT_GE(seen, tally.completed);
}

TEST(MeasureLimit, GivesWhatANullServerAllows) {
  const Load load = load_of("rate=1000,connections=4");
  const auto limit = measure_limit({.load = load});
  ASSERT_TRUE(limit) << limit.error().message();
  EXPECT_GT(*limit, 100.0);
}

TEST(MeasureLimit, AnswersWhateverTheWorkloadExpects) {
  Load load = load_of("rate=max,connections=2");
  load.workload.request = {.method = "POST", .target = "/echo", .headers = {}, .body = std::string(2000, 'x')};
  load.workload.expectation = {.status = 201, .body = {}, .json = R"({"a":[1,2]})", .volatile_fields = {"t"}};
  load.workload.expectation.volatile_fields.clear();
  const auto limit = measure_limit({.load = load});
  ASSERT_TRUE(limit) << limit.error().message();
}

}  // namespace
}  // namespace frostbyte::load
