#include "launcher/contract/lambda.h"

#include <gmock/gmock.h>
#include <sys/wait.h>

#include <csignal>
#include <functional>

#include "conversation.h"

namespace frostbyte::contract {
namespace {

using testing::HasSubstr;

/// A custom runtime, as a thread: connections to the Runtime API and what it says on them.
class Lambda : public ::testing::Test {
 protected:
  [[nodiscard]] Fd connect() const {
    const std::string api = variable(*contract_, "AWS_LAMBDA_RUNTIME_API");
    const auto port = static_cast<std::uint16_t>(std::stoi(api.substr(api.rfind(':') + 1)));
    Fd client = make_client_socket(AF_INET).value();
    EXPECT_EQ(connect_to(client.get(), Address::loopback(port)), 0);
    return client;
  }
  static void ask_next(int fd) { say(fd, "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n"); }
  static std::string post(const std::string& path, const std::string& body) {
    return "POST /2018-06-01/runtime/" + path +
           " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  /// The request id of the invocation that was handed out.
  static std::string invocation(int fd) {
    const std::string head = hear(fd, "}");
    const std::string_view name = "Lambda-Runtime-Aws-Request-Id: ";
    const std::size_t at = head.find(name);
    EXPECT_NE(at, std::string::npos) << head;
    return at == std::string::npos ? "" : head.substr(at + name.size(), 36);
  }

  Conclusion converse(const std::function<void()>& runtime, Instant deadline = MonotonicClock::now() + kLater) {
    ThreadWatch watch(deadline);
    std::jthread thread(runtime);
    return contract_->converse(*watch, timeline_).value();
  }

  std::unique_ptr<Contract> contract_ = open_lambda(hello_terms()).value();
  Timeline timeline_;
};

TEST_F(Lambda, MeasuresFromTheFirstNextToThePostedResponse) {
  const Instant begin = MonotonicClock::now();
  const Conclusion conclusion = converse([&] {
    const Fd fd = connect();
    ask_next(fd.get());
    say(fd.get(),
        post("invocation/" + invocation(fd.get()) + "/response", R"({"statusCode":200,"body":"hello world\n"})"));
    hear(fd.get(), "}");
  });
  EXPECT_EQ(conclusion.end, End::ok) << conclusion.detail;
  EXPECT_GE(timeline_.listen->at + std::chrono::milliseconds(1), begin);
  EXPECT_LE(timeline_.listen->at, timeline_.request->at);
  EXPECT_LE(timeline_.listen->at, timeline_.first_byte->at);
  EXPECT_LE(timeline_.first_byte->at, timeline_.response->at);
}

TEST_F(Lambda, TheResponseMayComeOverAnotherConnection) {
  EXPECT_EQ(converse([&] {
              const Fd asks = connect(), answers = connect();
              ask_next(asks.get());
              say(answers.get(), post("invocation/" + invocation(asks.get()) + "/response", R"("hello world\n")"));
              hear(answers.get(), "}");
            }).end,
            End::wrong_response)
      << "a JSON string is its own payload, with quotes";
  EXPECT_TRUE(timeline_.response);
}

TEST_F(Lambda, AWrongAnswerSaysWhy) {
  const Conclusion conclusion = converse([&] {
    const Fd fd = connect();
    ask_next(fd.get());
    say(fd.get(), post("invocation/" + invocation(fd.get()) + "/response", R"({"statusCode":503,"body":""})"));
    hear(fd.get(), "}");
  });
  EXPECT_EQ(conclusion.end, End::wrong_response);
  EXPECT_THAT(conclusion.detail, HasSubstr("status 503"));
}

TEST_F(Lambda, AnErrorOfTheRuntimeIsThePhaseItHappenedIn) {
  const Conclusion conclusion = converse([&] {
    const Fd fd = connect();
    say(fd.get(), post("init/error", R"({"errorMessage":"no handler","errorType":"Runtime.Init"})"));
    hear(fd.get(), "}");
  });
  EXPECT_EQ(conclusion.end, End::wrong_response);
  EXPECT_STREQ(conclusion.phase, "listen");
  EXPECT_THAT(conclusion.detail, HasSubstr("no handler"));
}

TEST_F(Lambda, ARuntimeThatNeverAsksTimesOutListening) {
  const Conclusion conclusion = converse([] {}, in(kSoon));
  EXPECT_EQ(conclusion.end, End::timeout);
  EXPECT_STREQ(conclusion.phase, "listen");
}

TEST_F(Lambda, ARuntimeThatNeverAnswersTimesOutResponding) {
  Fd fd;
  const Conclusion conclusion = converse(
      [&] {
        fd = connect();
        ask_next(fd.get());
      },
      in(std::chrono::milliseconds(300)));
  EXPECT_EQ(conclusion.end, End::timeout);
  EXPECT_STREQ(conclusion.phase, "response");
}

TEST_F(Lambda, AnExitIsReportedOnceEverythingSaidBeforeItIsRead) {
  const Child child([] {});
  Watch watch({.pid = child.pid(), .pidfd = child.pidfd()}, in(kLater), Waiting::spinning);
  const Conclusion conclusion = contract_->converse(watch, timeline_).value();
  EXPECT_EQ(conclusion.end, End::exited);
  EXPECT_STREQ(conclusion.phase, "listen");
}

}  // namespace
}  // namespace frostbyte::contract
