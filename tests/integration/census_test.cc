// The census counts every system call up to the first response, exactly and every time the same, and no launch of it
// is among the samples.
#include "harness.h"

namespace frostbyte::integration {
namespace {

using ::testing::HasSubstr;

const Json& values_of_variant(const RunFile& run, std::size_t variant) {
  return run.header.at("plan").at("variants").at(variant).at("values");
}

std::int64_t count_of(const RunFile& run, std::size_t variant, const std::string& metric) {
  const Json& header = run.header.at("plan").at("variants").at(variant);
  if (header.at("values").contains(metric)) return header.at("values").at(metric);
  ADD_FAILURE() << metric << " is missing: " << header.dump();
  return -1;
}

class Census : public Integration {
 protected:
  /// One launch beside the census: what is counted is in the header.
  [[nodiscard]] RunFile census(const Words& words) const {
    return sweep_ok(words + Words{"--census", "-r", "1", "-w", "0"});
  }
};

TEST_F(Census, OfTheSmallestFunctionIsItsSource) {
  const RunFile run = census({bundled("c-nolibc"), "--contract", "port,listen-fds"});
  // rt_sigaction, socket, setsockopt, bind, listen, accept4, read, sendto; with an inherited socket getpid and fcntl
  // instead of the four that make one.
  EXPECT_EQ(count_of(run, 0, "calls.total"), 8);
  EXPECT_EQ(count_of(run, 1, "calls.total"), 6);
  for (const char* metric : {"calls.mmap", "calls.brk", "calls.madvise", "calls.mprotect", "calls.munmap"})
    EXPECT_EQ(count_of(run, 0, metric), 0) << metric;
}

TEST_F(Census, CountsEachCallOnce) {
  const Words calls{"--env", "BRK=5", "--env", "MADVISE=7", "--env", "MPROTECT=11", "--env", "MUNMAP=13"};
  const RunFile none = census({test_function("test-calls")});
  const RunFile some = census(Words{test_function("test-calls"), "--env", "MMAP=3", "--env", "GETPPID=17"} + calls);
  const auto more = [&](const char* metric) { return count_of(some, 0, metric) - count_of(none, 0, metric); };
  EXPECT_EQ(more("calls.mmap"), 3);
  EXPECT_EQ(more("calls.brk"), 5);
  EXPECT_EQ(more("calls.madvise"), 7);
  EXPECT_EQ(more("calls.mprotect"), 11);
  EXPECT_EQ(more("calls.munmap"), 13);
  EXPECT_EQ(more("calls.total"), 3 + 5 + 7 + 11 + 13 + 17);
}

TEST_F(Census, FollowsWhatTheFunctionStarts) {
  const Words forks{test_function("test-calls"), "--env", "FORK=1"};
  const RunFile none = census(forks);
  const RunFile some = census(forks + Words{"--env", "MADVISE=9"});
  EXPECT_EQ(count_of(some, 0, "calls.madvise") - count_of(none, 0, "calls.madvise"), 9);
}

TEST_F(Census, CountsTheSameEveryTimeAndUnderEveryIsolation) {
  const Words words{bundled("cpp-epoll"), "--isolation",      "full", "--isolation", "full,-syscall-filter",
                    "--isolation",        "full,-cgroup,-pid"};
  const RunFile first = census(words);
  const RunFile second = census(words);
  for (std::size_t i = 0; i < first.variants().size(); ++i) {
    EXPECT_EQ(values_of_variant(first, i), values_of_variant(second, i)) << first.variants()[i];
    EXPECT_EQ(count_of(first, i, "calls.total"), count_of(first, 0, "calls.total")) << first.variants()[i];
  }
}

TEST_F(Census, IsNotAmongTheSamples) {
  const RunFile run = sweep_ok({bundled("c-musl"), "--census", "-r", "4", "-w", "1"});
  EXPECT_EQ(run.rows.size(), 5u);
  for (const Row& row : run.rows) EXPECT_FALSE(row.has("calls.total")) << row.dump();
  EXPECT_GT(count_of(run, 0, "calls.total"), 8);
}

TEST_F(Census, OfALaunchThatFailsSaysHow) {
  for (const char* name : {"fault-exits-at-once", "fault-crashes-after-listen", "fault-wrong-body"}) {
    const Sweep swept = sweep({test_function(name), "--census", "-r", "1", "-w", "0", "--overwrite"});
    const Json& header = swept.run.header.at("plan").at("variants").at(0);
    EXPECT_FALSE(header.at("values").contains("calls.total")) << header.dump();
    EXPECT_THAT(header.at("unavailable").value("calls.total", ""),
                HasSubstr("a launch of the census failed: " + swept.run.rows.front().outcome()))
        << name;
  }
}

TEST_F(Census, OfManyThreadsEndsAndLeavesNothing) {
  const RunFile run = census({test_function("test-threaded")});
  const Json& header = run.header.at("plan").at("variants").at(0);
  EXPECT_TRUE(header.at("values").contains("calls.total") || header.at("unavailable").contains("calls.total"));
}

class Mappings : public Integration {};

TEST_F(Mappings, AndPageTablesGrowWithWhatIsMapped) {
  const RunFile run = sweep_ok({test_function("test-memory"), "-L", "TOUCH_MIB=0,64", "-r", "3", "-w", "0"});
  const auto names = run.variants();
  const auto grown = [&](const char* metric) {
    return median(values_of(run.of(names[1]), metric)) - median(values_of(run.of(names[0]), metric));
  };
  EXPECT_EQ(grown("memory.vmas"), 1);
  // A page of entries maps 2 MiB; where the area begins decides whether one more is needed.
  EXPECT_NEAR(static_cast<double>(grown("memory.page_tables")), 32 * 4096, 2 * 4096);
}

}  // namespace
}  // namespace frostbyte::integration
