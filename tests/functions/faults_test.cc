// A function that is to fail has to fail in just its way, or a test that relies on it proves nothing.
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string>

#include "started.h"

namespace functions_test {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

/// Long enough for a function to do what it should not, short enough to wait for nothing.
constexpr milliseconds kMoment{100};

class BothContracts : public ::testing::TestWithParam<Contract> {
 protected:
  [[nodiscard]] Start start(const char* name) const { return {.program = for_tests(name), .contract = GetParam()}; }

  /// All that the function sends in reply to hello before it closes.
  [[nodiscard]] std::optional<std::string> reply_of(const char* name, std::size_t limit = 1u << 20) const {
    Started started(start(name));
    Client client = started.connect();
    return client.send(kGetHello) ? client.receive_until_close(limit) : std::nullopt;
  }
};

TEST_P(BothContracts, ExitsAtOnce_HasStatus3AndAReason) {
  Started started(start("fault-exits-at-once"));
  const auto status = started.wait();
  ASSERT_TRUE(status);
  EXPECT_EQ(WEXITSTATUS(*status), 3);
  EXPECT_THAT(started.standard_error(), HasSubstr("DATABASE_URL is not set"));
}

TEST_P(BothContracts, CrashesBeforeListen_DiesOfSigsegv) {
  Started started(start("fault-crashes-before-listen"));
  const auto status = started.wait();
  ASSERT_TRUE(status);
  EXPECT_TRUE(WIFSIGNALED(*status) && WTERMSIG(*status) == SIGSEGV);
}

TEST_P(BothContracts, CrashesAfterListen_DiesOfSigabrtOnceConnected) {
  Started started(start("fault-crashes-after-listen"));
  EXPECT_FALSE(started.wait(kMoment));
  Client client = started.connect();
  const auto status = started.wait();
  ASSERT_TRUE(status);
  EXPECT_TRUE(WIFSIGNALED(*status) && WTERMSIG(*status) == SIGABRT);
}

TEST_P(BothContracts, NeverListens_StaysWithoutServing) {
  Started started(start("fault-never-listens"));
  EXPECT_FALSE(started.wait(kMoment));
}

TEST_P(BothContracts, NeverAnswers_KeepsTheConnectionOpen) {
  Started started(start("fault-never-answers"));
  Client client = started.connect();
  ASSERT_TRUE(client.send(kGetHello));
  EXPECT_FALSE(started.wait(kMoment));
  kill(started.pid(), SIGKILL);
  EXPECT_EQ(client.receive_until_close(), "") << "something was sent";
}

TEST_P(BothContracts, WrongStatus_HasTheRightBody) {
  Started started(start("fault-wrong-status"));
  const auto response = started.ask(kGetHello);
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 500);
  EXPECT_EQ(response->body, "hello world\n");
}

TEST_P(BothContracts, WrongBody_HasTheRightStatusAndLength) {
  Started started(start("fault-wrong-body"));
  const auto response = started.ask(kGetHello);
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body.size(), 12u);
  EXPECT_NE(response->body, "hello world\n");
}

TEST_P(BothContracts, ShortBody_ClosesBeforeTheAnnouncedLength) {
  const auto reply = reply_of("fault-short-body");
  ASSERT_TRUE(reply);
  EXPECT_THAT(*reply, HasSubstr("Content-Length: 12\r\n"));
  EXPECT_TRUE(reply->ends_with("\r\n\r\nhello "));
}

TEST_P(BothContracts, ClosesEarly_SendsNothing) { EXPECT_EQ(reply_of("fault-closes-early"), ""); }

TEST_P(BothContracts, Garbage_IsNotHttp) {
  const auto reply = reply_of("fault-garbage");
  ASSERT_TRUE(reply);
  EXPECT_FALSE(reply->empty());
  EXPECT_FALSE(reply->starts_with("HTTP/"));
}

TEST_P(BothContracts, EndlessHeaders_NeverEndTheHeader) {
  const auto reply = reply_of("fault-endless-headers", 4u << 20);
  ASSERT_TRUE(reply);
  EXPECT_GE(reply->size(), 4u << 20);
  EXPECT_TRUE(reply->starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(reply->find("\r\n\r\n"), reply->npos);
}

TEST_P(BothContracts, IgnoresSigterm_ServesOnAndStays) {
  Started started(start("fault-ignores-sigterm"));
  ASSERT_TRUE(started.ask(kGetHello));
  kill(started.pid(), SIGTERM);
  EXPECT_FALSE(started.wait(kMoment));
  EXPECT_TRUE(started.ask(kGetHello));
}

TEST_P(BothContracts, FloodsStderr_ServesAllTheSame) {
  Start flooding = start("fault-floods-stderr");
  flooding.env = {{"FLOOD_MIB", "2"}};
  Started started(flooding);
  const auto response = started.ask(kGetHello);
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "hello world\n");
  EXPECT_GE(started.standard_error().size(), 1u << 20);
}

INSTANTIATE_TEST_SUITE_P(Faults, BothContracts, ::testing::Values(Contract::port, Contract::listen_fds),
                         [](const auto& contract) {
                           return contract.param == Contract::port ? std::string("Port") : std::string("ListenFds");
                         });

TEST(FaultWrongPort, ListensOnePortFurther) {
  Started started({.program = for_tests("fault-wrong-port")});
  Client client = started.connect("127.0.0.1", static_cast<std::uint16_t>(started.port() + 1));
  ASSERT_TRUE(client.send(kGetHello));
  EXPECT_TRUE(client.receive());
  EXPECT_FALSE(connect_once(started.port()).connected());
}

TEST(FaultForksAndExits, ServesThoughWhatWasStartedIsGone) {
  Started started({.program = for_tests("fault-forks-and-exits")});
  const auto status = started.wait();
  ASSERT_TRUE(status);
  EXPECT_EQ(*status, 0);
  EXPECT_TRUE(started.ask(kGetHello));
}

TEST(FaultExceedsMemory, StopsAtItsLimitAndWithoutOneByItself) {
  Started unlimited({.program = for_tests("fault-exceeds-memory"), .env = {{"EXCEED_MIB", "8"}}});
  const auto status = unlimited.wait();
  ASSERT_TRUE(status);
  EXPECT_EQ(WEXITSTATUS(*status), 1);
  EXPECT_THAT(unlimited.standard_error(), HasSubstr("no memory limit stopped this process"));

  Started limited({.program = for_tests("fault-exceeds-memory"), .limits = {{RLIMIT_AS, 16u << 20}}});
  ASSERT_TRUE(limited.wait());
  EXPECT_THAT(limited.standard_error(), HasSubstr("map memory: Cannot allocate memory"));
}

TEST(FaultForksWithoutEnd, StopsByItselfWhereNoLimitApplies) {
  Started started({.program = for_tests("fault-forks-without-end"), .env = {{"EXCEED_FORKS", "20"}}});
  const auto status = started.wait();
  ASSERT_TRUE(status);
  EXPECT_EQ(WEXITSTATUS(*status), 1);
  EXPECT_THAT(started.standard_error(), HasSubstr("no limit of tasks stopped this process"));
}

int exec_error_of(const char* name) { return Started({.program = for_tests(name)}).exec_error(); }

TEST(ProgramsThatCannotBeExecuted, FailEachForItsOwnReason) {
  EXPECT_EQ(exec_error_of("fault-missing-file"), ENOENT);
  EXPECT_EQ(exec_error_of("fault-not-executable"), EACCES);
  EXPECT_EQ(exec_error_of("fault-wrong-architecture"), ENOEXEC);
  EXPECT_EQ(exec_error_of("fault-missing-interpreter"), ENOENT);
  EXPECT_EQ(exec_error_of("fault-not-a-program"), ENOEXEC);
  EXPECT_TRUE(std::filesystem::exists(for_tests("fault-missing-interpreter"))) << "the loader is to be missing";
  EXPECT_FALSE(std::filesystem::exists(for_tests("fault-missing-file")));
}

TEST(FaultUnmappable, DiesInsideAnExecThatReportsNoError) {
  Started started({.program = for_tests("fault-unmappable")});
  EXPECT_EQ(started.exec_error(), 0);
  const auto status = started.wait();
  ASSERT_TRUE(status);
  EXPECT_TRUE(WIFSIGNALED(*status) && WTERMSIG(*status) == SIGSEGV);
}

// The others are this program with one thing changed: without this test they could fail for a reason of its own.
TEST(FaultNotExecutable, IsAValidProgramButForItsMode) {
  const std::string copy = ::testing::TempDir() + "valid-program-" + std::to_string(getpid());
  std::filesystem::copy_file(for_tests("fault-not-executable"), copy);
  std::filesystem::permissions(copy, std::filesystem::perms::owner_all);
  {
    Started started({.program = copy});
    EXPECT_EQ(started.exec_error(), 0);
    EXPECT_EQ(started.wait(), 0);
  }
  std::filesystem::remove(copy);
}

}  // namespace
}  // namespace functions_test
