// The cold regime is cold, the warm one is warm, and neither is mixed with the other.
#include "harness.h"

namespace frostbyte::integration {
namespace {

class Cache : public Integration {};

TEST_F(Cache, ColdReadsTheProgramAndWarmDoesNot) {
  const std::string type = file_system_of(build_directory());
  if (type == "tmpfs" || type == "ramfs" || type == "rootfs")
    GTEST_SKIP() << "not applicable: the build tree is on " << type << ", which cannot be evicted";
  const RunFile run = sweep_ok({bundled("c-glibc"), "--cache", "cold,warm", "-r", "8", "-w", "1"});
  const auto names = run.variants();
  ASSERT_EQ(names.size(), 2u);
  for (const Row& row : run.of(names[0])) EXPECT_GT(row.value("faults.major"), 0) << row.dump();
  for (const Row& row : run.of(names[1])) EXPECT_EQ(row.value("faults.major"), 0) << row.dump();
  EXPECT_GT(median_first_response(run.of(names[0])), median_first_response(run.of(names[1])));
}

}  // namespace
}  // namespace frostbyte::integration
