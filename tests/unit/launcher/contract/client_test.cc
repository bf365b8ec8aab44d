#include "launcher/contract/client.h"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <rapidcheck.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <array>
#include <csignal>
#include <cstring>

#include "conversation.h"

namespace frostbyte::contract {
namespace {

using testing::HasSubstr;

/// A response that came and an end that came with it or has not come.
Arrival arrive(int fd) {
  std::array<char, 4096> buffer;
  return receive_all(fd, buffer);
}

void reset_by(Fd& server) {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(server.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  server.reset();
}

TEST(Address, OfTheWildcardIsReachableThroughLoopback) {
  sockaddr_in6 any{};
  any.sin6_family = AF_INET6;
  any.sin6_port = htons(80);
  Address address;
  std::memcpy(&address.storage, &any, sizeof any);
  EXPECT_EQ(address.to_string(), "[::]:80");
  EXPECT_EQ(address.reachable().to_string(), "[::1]:80");
  EXPECT_EQ(Address::loopback(8080).reachable().to_string(), "127.0.0.1:8080");
  EXPECT_EQ(Address::loopback(8080).port(), 8080);
}

TEST(Address, IsThatOfInternetSocketsOnly) {
  const Fd local(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_FALSE(Address::of_socket(local.get()));
  EXPECT_FALSE(Address::of_socket(-1));
  const Fd listener = make_listener(0).value();
  EXPECT_NE(Address::of_socket(listener.get())->port(), 0);
}

TEST(MakeListener, NamesThePortThatIsTaken) {
  const Fd first = make_listener(0).value();
  const std::uint16_t port = Address::of_socket(first.get())->port();
  const auto second = make_listener(port);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, EADDRINUSE);
  EXPECT_EQ(second.error().subject, "127.0.0.1:" + std::to_string(port));
  EXPECT_THAT(second.error().hint, HasSubstr("isolate the network"));
}

TEST(ConnectTo, IsRefusedWhereNobodyListens) {
  Fd listener = make_listener(0).value();
  const Address address = *Address::of_socket(listener.get());
  listener.reset();
  EXPECT_EQ(connect_to(make_client_socket(AF_INET)->get(), address), ECONNREFUSED);
}

TEST(SendAll, GivesUpAtTheDeadlineWhenNobodyReads) {
  const Connected pair = connected();
  EXPECT_EQ(send_all(pair.client.get(), std::string(64 << 20, 'x'), in(kSoon)), ETIMEDOUT);
}

TEST(SendAll, ReportsThatThePeerIsGone) {
  Connected pair = connected();
  reset_by(pair.server);
  EXPECT_NE(send_all(pair.client.get(), "GET", in(kSoon)), 0);
}

TEST(ReceiveAll, SaysThatNothingCame) {
  const Connected pair = connected();
  const Arrival arrival = arrive(pair.client.get());
  EXPECT_EQ(arrival.size, 0u);
  EXPECT_EQ(arrival.end, Received::Kind::nothing_yet);
}

TEST(ReceiveAll, TellsAResponseFromTheEndOfItsConnection) {
  Connected pair = connected();
  say(pair.server.get(), kHello);
  const Arrival response = arrive(pair.client.get());
  EXPECT_EQ(response.size, kHello.size());
  EXPECT_EQ(response.end, Received::Kind::nothing_yet);
  say(pair.server.get(), "more");
  pair.server.reset();
  const Arrival last = arrive(pair.client.get());
  EXPECT_EQ(last.size, 4u);
  EXPECT_EQ(last.end, Received::Kind::closed);
}

TEST(ReceiveAll, KeepsTheBytesThatCameBeforeAReset) {
  Connected pair = connected();
  say(pair.server.get(), kHello);
  reset_by(pair.server);
  const Arrival arrival = arrive(pair.client.get());
  EXPECT_EQ(arrival.size, kHello.size());
  EXPECT_EQ(arrival.end, Received::Kind::failed);
  EXPECT_EQ(arrival.errno_value, ECONNRESET);
}

TEST(ReceiveAll, GivesEveryByteInOrderHoweverLargeTheBuffer) {
  EXPECT_TRUE(rc::check("pieces in, the same bytes out", [] {
    const auto pieces = *rc::gen::container<std::vector<std::string>>(rc::gen::nonEmpty<std::string>());
    const std::size_t room = *rc::gen::inRange<std::size_t>(1, 64);
    const Connected pair = connected();
    std::string sent;
    for (const std::string& piece : pieces) {
      say(pair.server.get(), piece);
      sent += piece;
    }
    std::string got;
    std::vector<char> buffer(room);
    while (got.size() < sent.size()) {
      const Arrival arrival = receive_all(pair.client.get(), buffer);
      RC_ASSERT(arrival.end == (arrival.size == room ? Received::Kind::bytes : Received::Kind::nothing_yet));
      got.append(buffer.data(), arrival.size);
    }
    RC_ASSERT(got == sent);
  }));
}

TEST(ReceiveAll, StampsWhenTheKernelTookTheBytesAndNotWhenTheyWereRead) {
  const StampingKeeper keeper = stamping();
  const Connected pair = connected();
  const Instant before = MonotonicClock::now();
  say(pair.server.get(), kHello);
  const Instant after = MonotonicClock::now();
  ::usleep(20'000);
  const Arrival arrival = arrive(pair.client.get());
  if (!arrival.last.kernel) GTEST_SKIP() << "not applicable: this kernel stamps no received bytes";
  EXPECT_GE(arrival.first.at + arrival.first.error, before);
  EXPECT_LE(arrival.last.at, after + std::chrono::milliseconds(10)) << "read 20 ms later";
  EXPECT_GE(arrival.last.at, arrival.first.at);
}

}  // namespace
}  // namespace frostbyte::contract
