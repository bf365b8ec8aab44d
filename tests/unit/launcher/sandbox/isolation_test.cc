#include "launcher/sandbox/isolation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace frostbyte::sandbox {
namespace {

using ::testing::HasSubstr;

TEST(Isolation, FullIsEverythingButAUserNamespace) {
  for (const Part part : all_parts()) EXPECT_EQ(Isolation::full().has(part), part != Part::user) << to_string(part);
}

TEST(Isolation, NamespacesHasNoCgroupNoCapabilitiesNoFilter) {
  const Isolation namespaces = Isolation::namespaces();
  for (const Part part : {Part::user, Part::cgroup, Part::capabilities, Part::no_new_privs, Part::syscall_filter}) {
    EXPECT_FALSE(namespaces.has(part)) << to_string(part);
  }
  EXPECT_TRUE(namespaces.has(Part::mount));
  EXPECT_TRUE(namespaces.has(Part::net));
}

TEST(Isolation, ParsesAPresetAndWhatIsAddedAndTaken) {
  const auto parsed = Isolation::parse("full,-net,+user");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(*parsed, Isolation::full().clear(Part::net).set(Part::user));
  EXPECT_EQ(Isolation::parse("none,net,pid").value(), Isolation::none().set(Part::net).set(Part::pid));
  EXPECT_EQ(Isolation::parse("mount").value(), Isolation::none().set(Part::mount));
}

TEST(Isolation, RefusesWhatItDoesNotKnowAndNamesWhatItKnows) {
  for (const char* text : {"", "ful", "full,", "full,-nte", "net,full", "-", "+", "full,none"}) {
    const auto parsed = Isolation::parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_THAT(parsed.error().message(), HasSubstr("neither a preset nor a part"));
    EXPECT_THAT(parsed.error().hint, HasSubstr("syscall-filter"));
  }
}

TEST(Isolation, TextParsesBackToTheSameSet) {
  EXPECT_TRUE(rc::check([] {
    Isolation isolation = Isolation::none();
    for (const Part part : all_parts()) {
      if (*rc::gen::arbitrary<bool>()) isolation.set(part);
    }
    const auto again = Isolation::parse(isolation.to_string());
    RC_ASSERT(again.has_value());
    RC_ASSERT(*again == isolation);
  }));
}

TEST(Isolation, TextIsTheShortestOfThePresets) {
  EXPECT_EQ(Isolation::full().to_string(), "full");
  EXPECT_EQ(Isolation::full().clear(Part::net).to_string(), "full,-net");
  EXPECT_EQ(Isolation::none().to_string(), "none");
  EXPECT_EQ(Isolation::none().set(Part::pid).to_string(), "none,+pid");
  EXPECT_EQ(Isolation::namespaces().to_string(), "namespaces");
}

}  // namespace
}  // namespace frostbyte::sandbox
