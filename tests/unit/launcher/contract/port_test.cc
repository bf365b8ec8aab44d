#include "launcher/contract/port.h"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/wait.h>

#include <atomic>
#include <csignal>

#include "conversation.h"
#include "launcher/sandbox/capability.h"
#include "launcher/sandbox/syscall_filter.h"

namespace frostbyte::contract {
namespace {

using testing::Contains;
using testing::HasSubstr;

/// A function that is a thread of this process under the filter that traps listen(2).
class TrappedThread {
 public:
  template <class Body>
  explicit TrappedThread(Body body)
      : thread_([this, body] {
          notifications_ = install();
          while (!go_) ::usleep(100);
          body();
        }) {
    while (notifications_ == -2) ::usleep(100);
    fd_.reset(notifications_);
  }
  ~TrappedThread() { start(); }
  TrappedThread(const TrappedThread&) = delete;
  TrappedThread& operator=(const TrappedThread&) = delete;
  [[nodiscard]] int notifications() const { return fd_.get(); }
  void start() { go_ = true; }
  void join() { thread_.join(); }

 private:
  static int install() {
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    sandbox::StepList steps;
    sandbox::add_filter_step(steps, *sandbox::make_filter(sandbox::ListenTrap::yes, sandbox::Refusal::no),
                             sandbox::ListenTrap::yes);
    const sandbox::Step& step = steps.steps().back();
    const auto& a = step.arguments;
    return static_cast<int>(::syscall(step.number, a[0], a[1], a[2]));
  }

  std::atomic<int> notifications_ = -2;
  std::atomic<bool> go_ = false;
  Fd fd_;
  std::jthread thread_;
};

Fd bound(std::uint16_t port) {
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const Address address = Address::loopback(port);
  EXPECT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.length), 0);
  return fd;
}

class Port : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!sandbox::listen_trap_usable()) GTEST_SKIP() << "not applicable: a filter above this process notifies already";
  }
  [[nodiscard]] std::uint16_t port() const {
    return static_cast<std::uint16_t>(std::stoi(variable(*contract_, "PORT")));
  }
  Conclusion converse(TrappedThread& function, Instant deadline) {
    ThreadWatch watch(deadline, function.notifications());
    function.start();
    return contract_->converse(*watch, timeline_).value();
  }

  std::unique_ptr<Contract> contract_ = open_port(hello_terms()).value();
  Timeline timeline_;
};

TEST_F(Port, TheRequestIsInTheQueueWhenListenReturns) {
  std::string request;
  TrappedThread function([&] {
    const Fd listener = bound(port());
    EXPECT_EQ(::listen(listener.get(), 16), 0);
    const Fd connection(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    EXPECT_TRUE(connection) << "the connection was not there";
    char bytes[4096];
    const ssize_t n = ::recv(connection.get(), bytes, sizeof bytes, MSG_DONTWAIT);
    request.assign(bytes, n > 0 ? static_cast<std::size_t>(n) : 0);
    say(connection.get(), kHello);
  });
  const Conclusion conclusion = converse(function, MonotonicClock::now() + kLater);
  function.join();
  EXPECT_EQ(conclusion.end, End::ok) << conclusion.detail;
  EXPECT_TRUE(request.ends_with("\r\n\r\n")) << request;
  EXPECT_STREQ(timeline_.listen->source, "seccomp");
  EXPECT_LE(timeline_.listen->at, timeline_.request->at);
  EXPECT_LE(timeline_.request->at, timeline_.response->at + timeline_.response_error);
  EXPECT_TRUE(timeline_.flags.empty());
}

TEST_F(Port, ListeningElsewhereIsNamedWhenTimeIsUp) {
  TrappedThread function([&] {
    const Fd other = bound(0);
    EXPECT_EQ(::listen(other.get(), 16), 0);
    ::usleep(200'000);
  });
  const Conclusion conclusion = converse(function, in(std::chrono::milliseconds(150)));
  EXPECT_EQ(conclusion.end, End::refused);
  EXPECT_STREQ(conclusion.phase, "listen");
  EXPECT_THAT(conclusion.detail, HasSubstr("not on port " + std::to_string(port())));
}

TEST_F(Port, AnotherListenerBeforeTheRightOneDoesNotMatter) {
  TrappedThread function([&] {
    const Fd other = bound(0);
    EXPECT_EQ(::listen(other.get(), 16), 0);
    const Fd listener = bound(port());
    EXPECT_EQ(::listen(listener.get(), 16), 0);
    const Fd connection(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    hear(connection.get(), "\r\n\r\n");
    say(connection.get(), kHello);
  });
  EXPECT_EQ(converse(function, MonotonicClock::now() + kLater).end, End::ok);
}

TEST_F(Port, AFunctionGetsTheErrorThatListenWouldHaveGiven) {
  int error = 0;
  TrappedThread function([&] {
    const Fd datagrams(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const Address address = Address::loopback(port());
    EXPECT_EQ(::bind(datagrams.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.length), 0);
    error = ::listen(datagrams.get(), 1) == 0 ? 0 : errno;
  });
  EXPECT_EQ(converse(function, in(std::chrono::milliseconds(300))).end, End::timeout);
  function.join();
  EXPECT_EQ(error, EOPNOTSUPP);
}

TEST_F(Port, SilenceIsATimeoutOfListening) {
  TrappedThread function([] {});
  const Conclusion conclusion = converse(function, in(kSoon));
  EXPECT_EQ(conclusion.end, End::timeout);
  EXPECT_THAT(conclusion.detail, HasSubstr("nothing listened on port " + std::to_string(port())));
}

TEST_F(Port, AnExitBeforeListeningIsReported) {
  const Child child([] {});
  Watch watch({.pid = child.pid(), .pidfd = child.pidfd()}, in(kLater), Waiting::spinning);
  const Conclusion conclusion = contract_->converse(watch, timeline_).value();
  EXPECT_EQ(conclusion.end, End::exited);
  EXPECT_STREQ(conclusion.phase, "listen");
}

TEST(PortWithoutATrap, ProbesAndSaysSo) {
  Terms terms = hello_terms();
  terms.trap = false;
  const auto contract = open_port(terms).value();
  const auto port = static_cast<std::uint16_t>(std::stoi(variable(*contract, "PORT")));
  const Fd listener = bound(port);
  std::jthread function([&] {
    ::usleep(5'000);
    EXPECT_EQ(::listen(listener.get(), 16), 0);
    const Fd connection(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    hear(connection.get(), "\r\n\r\n");
    say(connection.get(), kHello);
  });
  ThreadWatch watch(MonotonicClock::now() + kLater);
  Timeline timeline;
  EXPECT_EQ(contract->converse(*watch, timeline)->end, End::ok);
  EXPECT_STREQ(timeline.listen->source, "probe");
  EXPECT_THAT(timeline.flags, Contains("probed"));
  EXPECT_GE(timeline.response_error, std::chrono::microseconds(100)) << "the gap between attempts";
}

TEST(PortWithoutATrap, AFixedPortIsNotChosenAgain) {
  Terms terms = hello_terms();
  terms.fixed_port = 4711;
  EXPECT_EQ(variable(*open_port(terms).value(), "PORT"), "4711");
}

}  // namespace
}  // namespace frostbyte::contract
