// A function that misbehaves is a row with its named outcome and cause, in bounded time, and the sweep goes on.
#include <algorithm>

#include "harness.h"

namespace frostbyte::integration {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

struct Fault {
  const char* name;
  const char* outcome;
  const char* cause;  ///< part of the detail
  Words settings = {};
};

constexpr seconds kTimeout(2);

class Faults : public Integration, public ::testing::WithParamInterface<Fault> {};

TEST_P(Faults, AreRowsWithTheirCauseAndTheSweepGoesOn) {
  const Fault& fault = GetParam();
  const Sweep done = sweep(Words{test_function(fault.name), bundled("c-musl"), "-r", "2", "-w", "0", "--timeout",
                                 std::to_string(kTimeout.count()) + "s"} +
                           fault.settings);
  EXPECT_EQ(done.finished.exit_code, 0) << "another function succeeded: " << done.finished.err;
  const auto failed = done.run.of(done.run.variants().front());
  ASSERT_EQ(failed.size(), 2u);
  for (const Row& row : failed) {
    EXPECT_EQ(row.outcome(), fault.outcome) << row.dump();
    EXPECT_THAT(row.detail(), HasSubstr(fault.cause)) << row.dump();
  }
  const auto neighbours = done.run.of(done.run.variants().back());
  ASSERT_EQ(neighbours.size(), 2u);
  for (const Row& row : neighbours) EXPECT_TRUE(row.ok()) << row.dump();
}

TEST_P(Faults, EndInBoundedTimeAndAloneMeanThatNothingWasMeasured) {
  const Fault& fault = GetParam();
  const Sweep done = sweep(
      Words{test_function(fault.name), "-r", "1", "-w", "0", "--timeout", std::to_string(kTimeout.count()) + "s"} +
      fault.settings);
  EXPECT_EQ(done.finished.exit_code, std::string(fault.outcome) == "ok" ? 0 : 3) << done.finished.err;
  // Emulated, the start of the launcher itself takes a second.
  EXPECT_LT(done.finished.took, kTimeout + seconds(in_virtual_machine() ? 6 : 2));
}

INSTANTIATE_TEST_SUITE_P(
    All, Faults,
    ::testing::Values(
        Fault{"fault-missing-file", "exec_failed", "does not exist"},
        Fault{"fault-not-executable", "exec_failed", "no execute permission"},
        Fault{"fault-wrong-architecture", "exec_failed", "is built for AArch64"},
        Fault{"fault-missing-interpreter", "exec_failed", "'/nonexistent/ld.so' does not exist"},
        Fault{"fault-not-a-program", "exec_failed", "neither an ELF program nor a script"},
        Fault{"fault-unmappable", "exec_failed", "cannot be loaded"},
        Fault{"fault-exits-at-once", "exited_early", "status 3 before it listened"},
        Fault{"fault-forks-and-exits", "exited_early", "status 0 before it listened"},
        Fault{"fault-crashes-before-listen", "crashed", "SIGSEGV before it listened"},
        Fault{"fault-crashes-after-listen", "crashed", "SIGSEGV"},
        Fault{"fault-never-listens", "timeout", "nothing listened on port"},
        Fault{"fault-never-answers", "timeout", "no byte of a response"},
        Fault{"fault-wrong-status", "wrong_response", "status 500, expected 200"},
        Fault{"fault-wrong-body", "wrong_response", "body differs at byte"},
        Fault{"fault-short-body", "wrong_response", "body ended after 6 of 12 bytes"},
        Fault{"fault-closes-early", "wrong_response", "connection closed before any byte"},
        Fault{"fault-garbage", "wrong_response", "status line is not HTTP"},
        Fault{"fault-endless-headers", "wrong_response", "headers exceed"},
        Fault{"fault-exceeds-memory", "oom_killed", "at the memory limit of 32 MiB", {"--memory-limit", "32MiB"}},
        Fault{"fault-forks-without-end", "timeout", "limit of 16 tasks", {"--tasks-limit", "16"}},
        Fault{"fault-wrong-port", "refused", "not on port"}, Fault{"fault-ignores-sigterm", "ok", ""},
        Fault{"fault-floods-stderr", "ok", ""}),
    [](const auto& test) {
      std::string name = test.param.name + std::string_view("fault-").size();
      std::ranges::replace(name, '-', '_');
      return name;
    });

class FaultDetails : public Integration {};

TEST_F(FaultDetails, StderrIsQuoted) {
  const Sweep done = sweep({test_function("fault-exits-at-once"), "-r", "1", "-w", "0"});
  ASSERT_EQ(done.run.rows.size(), 1u);
  EXPECT_THAT(done.run.rows.front().text("stderr_tail"), HasSubstr("DATABASE_URL is not set"));
  EXPECT_THAT(done.finished.out, HasSubstr("DATABASE_URL is not set")) << "people see it too";
}

TEST_F(FaultDetails, SigtermIsFollowedByAKillAfterTheGrace) {
  const RunFile run = sweep_ok({test_function("fault-ignores-sigterm"), bundled("cpp-epoll"), "-r", "2", "-w", "0",
                                "--stop", "term", "--stop-grace", "200ms"});
  for (const Row& row : run.of("fault-ignores-sigterm")) {
    EXPECT_TRUE(row.has_flag("killed_after_grace")) << row.dump();
    EXPECT_GE(row.stamp("exit") - row.stamp("stop"), 200'000'000);
  }
  for (const Row& row : run.of("cpp-epoll")) EXPECT_FALSE(row.has_flag("killed_after_grace")) << row.dump();
}

TEST_F(FaultDetails, AVariantThatOnlyFailsIsStoppedAndTheOthersAreNot) {
  const Sweep done =
      sweep({test_function("fault-exits-at-once"), bundled("c-musl"), "-r", "20", "-w", "0", "--max-failures", "3"});
  EXPECT_EQ(done.finished.exit_code, 0);
  EXPECT_EQ(done.run.of("fault-exits-at-once").size(), 3u);
  EXPECT_EQ(done.run.of("c-musl").size(), 20u);
}

}  // namespace
}  // namespace frostbyte::integration
