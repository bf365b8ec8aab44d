// The Lambda contract serves custom runtimes that know nothing of frostbyte, and reports what they report.
#include "harness.h"

namespace frostbyte::integration {
namespace {

using ::testing::HasSubstr;

std::string fixture(const std::string& name) { return std::string(FROSTBYTE_FIXTURES "/lambda/") + name; }

class Lambda : public Integration {
 protected:
  /// A reason to skip, or nothing.
  static std::string missing_program() {
    for (const char* name : {"bash", "curl"}) {
      if (!find_program(name).empty()) continue;
      return in_virtual_machine() ? std::string("not applicable: ") + name + " is not in the virtual machine"
                                  : std::string(name) + " is not installed; scripts/setup installs it";
    }
    return {};
  }
};

TEST_F(Lambda, ServesACustomRuntimeWrittenInShell) {
  if (const auto reason = missing_program(); !reason.empty()) GTEST_SKIP() << reason;
  const RunFile run = sweep_ok({fixture("shell"), "-r", "4", "-w", "1", "--timeout", "20s"});
  EXPECT_EQ(run.rows.size(), 5u);
  for (const Row& row : run.rows) EXPECT_LE(row.stamp("listen"), row.stamp("response"));
}

TEST_F(Lambda, ReportsAnInitialisationErrorInItsOwnWords) {
  if (const auto reason = missing_program(); !reason.empty()) GTEST_SKIP() << reason;
  const Sweep done = sweep({fixture("init-error"), "-r", "1", "-w", "0", "--timeout", "20s"});
  EXPECT_EQ(done.finished.exit_code, 3);
  const Row& row = done.run.rows.at(0);
  EXPECT_EQ(row.outcome(), "wrong_response") << row.dump();
  EXPECT_THAT(row.detail(), HasSubstr("Runtime.NoSuchHandler"));
  EXPECT_THAT(row.detail(), HasSubstr("no handler app.main"));
}

TEST_F(Lambda, ReportsAnInvocationErrorInItsOwnWords) {
  if (const auto reason = missing_program(); !reason.empty()) GTEST_SKIP() << reason;
  const Sweep done = sweep({fixture("invocation-error"), "-r", "1", "-w", "0", "--timeout", "20s"});
  const Row& row = done.run.rows.at(0);
  EXPECT_EQ(row.outcome(), "wrong_response") << row.dump();
  EXPECT_THAT(row.detail(), HasSubstr("Function.TypeError"));
  EXPECT_THAT(row.detail(), HasSubstr("event is not a number"));
}

TEST_F(Lambda, ARuntimeThatExitsExitedEarly) {
  const Sweep done = sweep({fixture("exits"), "-r", "1", "-w", "0", "--timeout", "20s"});
  const Row& row = done.run.rows.at(0);
  EXPECT_EQ(row.outcome(), "exited_early") << row.dump();
  EXPECT_EQ(row.number("exit_status"), 4);
  EXPECT_THAT(row.text("stderr_tail"), HasSubstr("no handler is configured"));
}

}  // namespace
}  // namespace frostbyte::integration
