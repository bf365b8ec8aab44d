#include "launcher/sweep/crowd.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace frostbyte::sweep {
namespace {

using testing::HasSubstr;

constexpr Bytes kMebi{1 << 20};
constexpr Bytes kGibi{1 << 30};

Room roomy() {
  return {.instances = 500,
          .present = 8,
          .each = kMebi,
          .available = kGibi,
          .kept = Bytes{256 << 20},
          .descriptors = 20'000};
}

TEST(Crowd, HasRoomWhereWhatIsMeasuredFits) { EXPECT_FALSE(why_no_room(roomy())); }

TEST(Crowd, IsRefusedWithEveryNumber) {
  Room room = roomy();
  room.instances = 1000;
  const auto why = why_no_room(room);
  ASSERT_TRUE(why);
  EXPECT_THAT(*why, HasSubstr("992 more instances need about 992 MiB, 1 MiB each as measured on 8 of them"));
  EXPECT_THAT(*why, HasSubstr("of 1 GiB available 256 MiB are left alone"));
}

TEST(Crowd, IsNotJudgedBeforeItIsMeasured) {
  Room room = roomy();
  room.present = 7;
  room.instances = 1000;
  EXPECT_FALSE(why_no_room(room));
}

TEST(Crowd, NeedsDescriptorsBeforeTheFirst) {
  Room room = roomy();
  room.present = 0;
  room.descriptors = 1024;
  const auto why = why_no_room(room);
  ASSERT_TRUE(why);
  EXPECT_THAT(*why, HasSubstr("500 instances need up to 8512 descriptors in the launcher, and its limit is 1024"));
}

}  // namespace
}  // namespace frostbyte::sweep
