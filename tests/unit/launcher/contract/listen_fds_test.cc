#include "launcher/contract/listen_fds.h"

#include <gmock/gmock.h>
#include <sys/wait.h>

#include <csignal>

#include "conversation.h"

namespace frostbyte::contract {
namespace {

using testing::HasSubstr;

/// What a function does with its inherited listener: it takes the connection that is there.
Fd accept_now(int listener) { return Fd(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)); }

TEST(ListenFds, SpeaksThePromisesOfSocketActivation) {
  const auto contract = open_listen_fds(hello_terms()).value();
  EXPECT_EQ(variable(*contract, "LISTEN_FDS"), "1");
  EXPECT_EQ(variable(*contract, "LISTEN_FDNAMES"), "http");
  EXPECT_EQ(variable(*contract, "PORT"), std::to_string(Address::of_socket(contract->inherited_listener())->port()));
}

TEST(ListenFds, TheRequestIsThereBeforeTheFunctionIs) {
  const auto contract = open_listen_fds(hello_terms()).value();
  const Fd connection = accept_now(contract->inherited_listener());
  ASSERT_TRUE(connection);
  EXPECT_THAT(hear(connection.get(), "\r\n\r\n"), testing::StartsWith("GET / HTTP/1.1\r\n"));
}

TEST(ListenFds, TheRequestIsOlderThanTheConversation) {
  const auto contract = open_listen_fds(hello_terms()).value();
  const Instant begin = MonotonicClock::now();
  const Fd connection = accept_now(contract->inherited_listener());
  say(connection.get(), kHello);
  ThreadWatch watch(in(kLater));
  Timeline timeline;
  EXPECT_EQ(contract->converse(*watch, timeline)->end, End::ok);
  EXPECT_LE(timeline.request->at, begin);
  EXPECT_GE(timeline.response->at + timeline.response_error, begin);
}

TEST(ListenFds, AFunctionThatDiesTakesTheConnectionWithIt) {
  const auto contract = open_listen_fds(hello_terms()).value();
  Fd copy(::fcntl(contract->inherited_listener(), F_DUPFD_CLOEXEC, 0));
  ThreadWatch watch(in(kLater));
  std::jthread function([&] {
    ::usleep(20'000);
    copy.reset();  // the last one: the launcher has closed its own
  });
  Timeline timeline;
  const Conclusion conclusion = contract->converse(*watch, timeline).value();
  EXPECT_EQ(conclusion.end, End::refused);
  EXPECT_EQ(conclusion.errno_value, ECONNRESET);
}

TEST(ListenFds, RefusesARequestThatNobodyCanTakeUnread) {
  Terms terms = hello_terms();
  terms.workload.request.method = "POST";
  terms.workload.request.body.assign(64 << 20, 'x');
  const auto contract = open_listen_fds(terms);
  ASSERT_FALSE(contract);
  EXPECT_EQ(contract.error().operation, "send the request to");
  EXPECT_THAT(contract.error().hint, HasSubstr("--contract port"));
}

}  // namespace
}  // namespace frostbyte::contract
