// The functions whose cost or behaviour is known: that it is what it is said to be, seen from outside.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <ctime>
#include <fstream>
#include <string>

#include "stamps.h"
#include "started.h"

namespace functions_test {
namespace {

constexpr long kMib = 1 << 20;

std::int64_t now_ns() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1'000'000'000LL + time.tv_nsec;
}

/// A field of /proc/PID/smaps_rollup, in bytes.
long rollup(pid_t pid, const std::string& field) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/smaps_rollup");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(field + ":")) return std::stol(line.substr(field.size() + 1)) * 1024;
  }
  return -1;
}

TEST(TestFunctions, AnswerHelloByEachContract) {
  for (const auto& program : {for_tests("test-busy"), for_tests("test-memory"), for_tests("test-threaded"),
                              for_calibration("known-delay"), for_calibration("self-stamping")}) {
    for (const Contract contract : {Contract::port, Contract::listen_fds}) {
      SCOPED_TRACE(program);
      Started started({.program = program, .contract = contract});
      for (int repeat = 0; repeat < 2; ++repeat) {
        const auto response = started.ask(kGetHello);
        ASSERT_TRUE(response);
        EXPECT_EQ(response->body, "hello world\n");
      }
    }
  }
}

TEST(TestFunctions, AnswerHelloWhereverTheyListen) {
  for (const auto& [name, address] :
       {std::pair{"test-loopback", "127.0.0.1"}, std::pair{"test-several-listeners", "127.0.0.1"},
        std::pair{"test-child-listens", "127.0.0.1"}, std::pair{"test-listens-late", "127.0.0.1"},
        std::pair{"test-ipv6", "127.0.0.1"}, std::pair{"test-ipv6", "::1"}, std::pair{"test-ipv6-only", "::1"}}) {
    SCOPED_TRACE(std::string(name) + " at " + address);
    Started started({.program = for_tests(name)});
    Client client = started.connect(address);
    ASSERT_TRUE(client.send(kGetHello));
    const auto response = client.receive();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->body, "hello world\n");
  }
}

TEST(TestFunctions, ExitZeroOnSigterm) {
  std::vector<std::filesystem::path> programs = {for_calibration("known-delay"), for_calibration("self-stamping")};
  for (const char* name : {"test-busy", "test-memory", "test-threaded", "test-loopback", "test-several-listeners",
                           "test-child-listens", "test-listens-late", "test-ipv6"})
    programs.push_back(for_tests(name));
  for (const auto& program : programs) {
    SCOPED_TRACE(program);
    Started started({.program = program});
    ASSERT_TRUE(started.ask(kGetHello));
    EXPECT_EQ(started.signal_and_wait(SIGTERM), 0);
  }
}

TEST(TestIpv6Only, RefusesIpv4) {
  Started started({.program = for_tests("test-ipv6-only")});
  ASSERT_TRUE(started.connect("::1").connected());
  EXPECT_FALSE(connect_once(started.port()).connected());
}

TEST(TestIoUring, ListensWhereTheKernelCan) {
  Started started({.program = for_tests("test-io-uring")});
  if (const auto response = started.ask(kGetHello)) {
    EXPECT_EQ(response->body, "hello world\n");
    return;
  }
  const auto status = started.wait();
  ASSERT_TRUE(status);
  ASSERT_EQ(WEXITSTATUS(*status), 77) << started.standard_error();
  GTEST_SKIP() << started.standard_error();
}

TEST(TestDelay, TakesAtLeastWhatItWasTold) {
  for (const Contract contract : {Contract::port, Contract::listen_fds}) {
    const std::int64_t begin = now_ns();
    Started started({.program = for_calibration("known-delay"), .contract = contract, .env = {{"DELAY_US", "30000"}}});
    ASSERT_TRUE(started.ask(kGetHello));
    EXPECT_GE(now_ns() - begin, 30'000'000);
  }
}

void expect_stamps_in_order(const stamps::Stamps& stamp, std::int64_t begin, std::int64_t end, Contract contract) {
  std::int64_t last = begin;
  for (std::size_t i = 0; i < stamps::kCount; ++i) {
    const bool of_listen = i == stamps::before_listen || i == stamps::after_listen;
    if (of_listen && contract == Contract::listen_fds) {
      EXPECT_EQ(stamp[i], 0) << i;
      continue;
    }
    EXPECT_GE(stamp[i], last) << i;
    last = stamp[i];
  }
  EXPECT_LE(last, end);
}

stamps::Stamps* map_stamps(int fd) {
  void* page = mmap(nullptr, sizeof(stamps::Stamps), PROT_READ, MAP_SHARED, fd, 0);
  return page == MAP_FAILED ? nullptr : static_cast<stamps::Stamps*>(page);
}

TEST(TestStamping, StampsIntoAnInheritedDescriptor) {
  for (const Contract contract : {Contract::port, Contract::listen_fds}) {
    const Fd file(memfd_create("stamps", MFD_CLOEXEC));
    // Above 3, where a listener goes.
    const Fd high(fcntl(file.get(), F_DUPFD_CLOEXEC, 100));
    const std::int64_t begin = now_ns();
    Started started({.program = for_calibration("self-stamping"),
                     .contract = contract,
                     .env = {{"STAMPS_FD", std::to_string(high.get())}},
                     .inherit = {high.get()}});
    Client client = started.connect();
    ASSERT_TRUE(client.send(kGetHello));
    ASSERT_TRUE(client.receive_until_close());  // closed after the last stamp
    const stamps::Stamps* stamp = map_stamps(file.get());
    ASSERT_NE(stamp, nullptr);
    expect_stamps_in_order(*stamp, begin, now_ns(), contract);
  }
}

TEST(TestStamping, StampsIntoAFileOfItsOwnMaking) {
  const std::string path = ::testing::TempDir() + "stamps-" + std::to_string(getpid());
  const std::int64_t begin = now_ns();
  Started started({.program = for_calibration("self-stamping"), .env = {{"STAMPS", path}}});
  Client client = started.connect();
  ASSERT_TRUE(client.send(kGetHello));
  ASSERT_TRUE(client.receive_until_close());
  const Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::filesystem::remove(path);
  const stamps::Stamps* stamp = map_stamps(file.get());
  ASSERT_NE(stamp, nullptr);
  expect_stamps_in_order(*stamp, begin, now_ns(), Contract::port);
}

TEST(TestMemory, HoldsWhatItWasToldOfEachKind) {
  const std::string path = ::testing::TempDir() + "touched-" + std::to_string(getpid());
  Started started(
      {.program = for_tests("test-memory"),
       .env = {{"TOUCH_MIB", "16"}, {"TOUCH_SHARED_MIB", "8"}, {"TOUCH_FILE_MIB", "4"}, {"TOUCH_FILE", path}}});
  ASSERT_TRUE(started.ask(kGetHello));
  EXPECT_GE(rollup(started.pid(), "Rss"), 28 * kMib);
  EXPECT_GE(rollup(started.pid(), "Anonymous"), 16 * kMib);
  EXPECT_LT(rollup(started.pid(), "Anonymous"), 20 * kMib) << "shared or file memory counted as private";
  EXPECT_EQ(rollup(started.pid(), "AnonHugePages"), 0);
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(TestMemory, HoldsNothingMoreByDefault) {
  Started started({.program = for_tests("test-memory")});
  ASSERT_TRUE(started.ask(kGetHello));
  EXPECT_LT(rollup(started.pid(), "Rss"), 4 * kMib);
}

TEST(TestMemory, IsHeldByItsChildrenToo) {
  Started started({.program = for_tests("test-memory"), .env = {{"TOUCH_MIB", "8"}, {"FORK", "2"}}});
  ASSERT_TRUE(started.ask(kGetHello));
  const std::string pid = std::to_string(started.pid());
  std::ifstream file("/proc/" + pid + "/task/" + pid + "/children");
  int children = 0;
  for (pid_t child; file >> child; ++children) EXPECT_GE(rollup(child, "Private_Dirty"), 8 * kMib);
  EXPECT_EQ(children, 2);
}

}  // namespace
}  // namespace functions_test
