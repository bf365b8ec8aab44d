// A sweep needs no terminal, no standard input, and keeps results apart from messages.
#include "harness.h"

namespace frostbyte::integration {
namespace {

class Detached : public Integration {};

TEST_F(Detached, RunsWithStdinClosedAndStdoutAPipe) {
  const StartOptions detached{.in = Stdin::closed, .out = Stdout::pipe};
  const Sweep done = sweep({bundled("c-musl"), "-r", "5", "-w", "1", "-o", "json=-"}, detached);
  ASSERT_EQ(done.finished.exit_code, 0) << done.finished.err;
  EXPECT_EQ(done.run.rows.size(), 6u);
  const Json document = Json::parse(done.finished.out, nullptr, false);
  ASSERT_FALSE(document.is_discarded()) << "stdout holds more than the result: " << done.finished.out;
  EXPECT_TRUE(document.contains("subjects"));
  EXPECT_EQ(done.finished.err.find('\r'), std::string::npos) << "a progress line where nobody watches";
}

}  // namespace
}  // namespace frostbyte::integration
