#include "launcher/contract/watch.h"

#include <gmock/gmock.h>
#include <rapidcheck.h>
#include <sys/eventfd.h>
#include <sys/wait.h>

#include <csignal>

#include "conversation.h"
#include "launcher/base/file.h"

namespace frostbyte::contract {
namespace {

/// A function of which nothing is heard but what a test lets it do.
class Watched : public ::testing::TestWithParam<Waiting> {
 protected:
  Watch watch(Instant deadline, const Watch::Handles& handles = {}) { return {handles, deadline, GetParam()}; }
  static Fd event(unsigned value) { return Fd(::eventfd(value, EFD_CLOEXEC | EFD_NONBLOCK)); }
};

TEST_P(Watched, WakesForWhatIsReadableAndSaysWhich) {
  const Fd quiet = event(0), ready = event(1);
  Watch watch = this->watch(in(kLater));
  const int fds[] = {quiet.get(), ready.get()};
  std::size_t which = 9;
  EXPECT_EQ(watch.wait_any(fds, 2, which, in(kLater)), Wake::readable);
  EXPECT_EQ(which, 1u);
}

TEST_P(Watched, AnAnswerWinsOverTheExitThatFollowedIt) {
  const Child child([] {});
  const Fd answer = event(1);
  Watch watch = this->watch(in(kLater), {.pid = child.pid(), .pidfd = child.pidfd()});
  EXPECT_EQ(watch.wait(-1), Wake::exited);
  EXPECT_EQ(watch.wait(answer.get()), Wake::readable);
}

TEST_P(Watched, ATrappedCallWinsOverTheExitOfAnother) {
  const Child child([] {});
  const Fd call = event(1);
  Watch watch = this->watch(in(kLater), {.pid = child.pid(), .pidfd = child.pidfd(), .notifications = call.get()});
  EXPECT_EQ(watch.wait(-1), Wake::trapped);
  watch.forget_notifications();
  EXPECT_EQ(watch.wait(-1), Wake::exited);
}

TEST_P(Watched, StopsAskingAfterTrappedCallsOnceNobodyCanMakeAny) {
  Pipe pipe = make_pipe().value();
  pipe.write.reset();  // a hang-up, as when the last filtered process is gone
  Watch watch = this->watch(in(kSoon), {.notifications = pipe.read.get()});
  EXPECT_EQ(watch.wait(-1), Wake::deadline);
  EXPECT_EQ(watch.notifications(), -1);
}

TEST_P(Watched, NeverWaitsBeyondItsDeadline) {
  Watch watch = this->watch(in(kSoon));
  EXPECT_EQ(watch.wait_until(-1, in(kLater)), Wake::deadline);
  EXPECT_GE(MonotonicClock::now(), watch.deadline());
}

TEST_P(Watched, WakesAtAnEarlierTimeWhenAskedTo) {
  Watch watch = this->watch(in(kLater));
  EXPECT_EQ(watch.wait_until(-1, in(kSoon)), Wake::deadline);
  EXPECT_LT(MonotonicClock::now(), watch.deadline());
}

TEST_P(Watched, AFloodOfErrorsNeitherEndsTheWaitNorFillsThePipe) {
  Pipe pipe = make_pipe().value();
  ::fcntl(pipe.read.get(), F_SETFL, O_NONBLOCK);
  const Child child([&] {
    const std::string line(1000, 'e');
    for (int i = 0; i < 200; ++i) {  // three times what a pipe holds
      if (::write(pipe.write.get(), line.data(), line.size()) < 0) ::_exit(1);
    }
    if (::write(pipe.write.get(), "the end", 7) < 0) ::_exit(1);
  });
  pipe.write.reset();
  Watch watch = this->watch(in(kLater), {.pid = child.pid(), .pidfd = child.pidfd(), .stderr_read = pipe.read.get()});
  EXPECT_EQ(watch.wait(-1), Wake::exited);
  watch.drain_stderr();
  EXPECT_EQ(watch.stderr_tail().size(), Watch::kTailSize);
  EXPECT_TRUE(watch.stderr_tail().ends_with("the end"));
}

TEST_P(Watched, KnowsALookThatFoundNothingBeforeWhatItFound) {
  const Fd later = event(0);
  Watch watch = this->watch(in(kLater));
  EXPECT_FALSE(watch.look().nothing);
  EXPECT_EQ(watch.wait_until(later.get(), in(std::chrono::milliseconds(1))), Wake::deadline);  // spinning lasts 25 ms
  ASSERT_TRUE(watch.look().nothing);
  const Instant arrival = MonotonicClock::now();
  ASSERT_EQ(::eventfd_write(later.get(), 1), 0);
  EXPECT_EQ(watch.wait(later.get()), Wake::readable);
  EXPECT_LE(*watch.look().nothing, arrival);
  EXPECT_EQ(watch.look().slept, GetParam() == Waiting::blocking);
}

TEST_P(Watched, KeepsTheEndOfWhateverIsWritten) {
  EXPECT_TRUE(rc::check("the tail is the last bytes", [this] {
    const auto pieces = *rc::gen::container<std::vector<std::string>>(rc::gen::string<std::string>());
    const int times = *rc::gen::inRange(1, 200);
    Pipe pipe = make_pipe().value();
    ::fcntl(pipe.read.get(), F_SETFL, O_NONBLOCK);
    Watch watch = this->watch(in(kLater), {.stderr_read = pipe.read.get()});
    std::string all;
    for (int i = 0; i < times; ++i) {
      for (const std::string& piece : pieces) {
        if (!piece.empty()) RC_ASSERT(write_all(pipe.write.get(), piece, "the pipe").has_value());
        all += piece;
      }
      watch.drain_stderr();
    }
    RC_ASSERT(watch.stderr_tail() == all.substr(all.size() - std::min(all.size(), Watch::kTailSize)));
  }));
}

INSTANTIATE_TEST_SUITE_P(By, Watched, ::testing::Values(Waiting::spinning, Waiting::blocking),
                         [](const auto& test) { return test.param == Waiting::spinning ? "spinning" : "blocking"; });

}  // namespace
}  // namespace frostbyte::contract
