// An unmodified custom runtime works, and what it reports is in the row.
#include "harness.h"

namespace frostbyte::integration {
namespace {

using ::testing::HasSubstr;

class Lambda : public Integration {
 protected:
  void SetUp() override {
    Integration::SetUp();
    for (const char* program : {"bash", "curl"}) {
      if (find_program(program).empty()) GTEST_SKIP() << "not applicable: the bootstrap needs " << program;
    }
  }
  static std::string bootstrap() { return FROSTBYTE_FIXTURES "/lambda"; }
  Row only_row(const Words& settings) {
    const Sweep done = sweep(Words{bootstrap(), "-r", "1", "-w", "0"} + settings);
    EXPECT_EQ(done.run.rows.size(), 1u) << done.finished.err;
    return done.run.rows.empty() ? Row(Json::object()) : done.run.rows.front();
  }
};

TEST_F(Lambda, ABashBootstrapIsMeasured) {
  const RunFile run = sweep_ok({bootstrap(), "-r", "3", "-w", "1"});
  for (const Row& row : run.rows) {
    EXPECT_LE(row.stamp("exec"), row.stamp("listen"));
    EXPECT_LE(row.stamp("listen"), row.stamp("request"));
    EXPECT_LE(row.stamp("request"), row.stamp("response"));
  }
}

TEST_F(Lambda, AnInitErrorIsNamed) {
  const Row row = only_row({"--env", "FAIL_INIT=1"});
  EXPECT_EQ(row.outcome(), "wrong_response") << row.dump();
  EXPECT_THAT(row.detail(), HasSubstr("Runtime.NoHandler"));
  EXPECT_THAT(row.detail(), HasSubstr("there is no handler"));
}

TEST_F(Lambda, AnInvocationErrorIsNamed) {
  const Row row = only_row({"--env", "FAIL_INVOCATION=1"});
  EXPECT_EQ(row.outcome(), "wrong_response") << row.dump();
  EXPECT_THAT(row.detail(), HasSubstr("Function.Broke"));
}

TEST_F(Lambda, ABootstrapThatLeavesHasExitedEarly) {
  const Row row = only_row({"--env", "EXIT_EARLY=1"});
  EXPECT_EQ(row.outcome(), "exited_early") << row.dump();
  EXPECT_EQ(row.number("exit_status"), 3);
}

}  // namespace
}  // namespace frostbyte::integration
