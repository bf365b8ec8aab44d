// The tests' main: what a skip means, and that no orphan escapes.
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

#include "harness.h"
#include "leftovers.h"

namespace frostbyte::integration {
namespace {

/// A skip of this kind is right where it happens: there is nothing the host could be given to run the test.
constexpr std::string_view kNotApplicable = "not applicable: ";

/// Lists skips with their reasons at the end; under FROSTBYTE_REQUIRE_ALL=1 those that something is missing for fail.
class SkipPolicy : public ::testing::EmptyTestEventListener {
 public:
  explicit SkipPolicy(bool require_all) : require_all_(require_all) {}

 private:
  void OnTestPartResult(const ::testing::TestPartResult& result) override {
    if (result.skipped()) reason_ = result.message();
  }

  void OnTestEnd(const ::testing::TestInfo& test) override {
    if (!test.result()->Skipped()) return;
    const std::string reason = std::exchange(reason_, {});
    skips_[std::string(test.test_suite_name()) + "." + test.name()] = reason;
    if (require_all_ && reason.find(kNotApplicable) == std::string::npos)
      ADD_FAILURE() << "skipped, and FROSTBYTE_REQUIRE_ALL=1 forbids that: " << reason;
  }

  void OnTestProgramEnd(const ::testing::UnitTest& /*unit*/) override {
    for (const auto& [name, reason] : skips_) std::printf("skipped %s: %s\n", name.c_str(), reason.c_str());
  }

  bool require_all_;
  std::string reason_;
  std::map<std::string, std::string> skips_;
};

}  // namespace
}  // namespace frostbyte::integration

int main(int argc, char** argv) {
  ::testing::InitGoogleMock(&argc, argv);
  const char* require_all = std::getenv("FROSTBYTE_REQUIRE_ALL");
  const bool strict = require_all != nullptr && std::string_view(require_all) == "1";
  ::testing::UnitTest::GetInstance()->listeners().Append(new frostbyte::integration::SkipPolicy(strict));
  frostbyte::integration::adopt_orphans();
  return RUN_ALL_TESTS();
}
