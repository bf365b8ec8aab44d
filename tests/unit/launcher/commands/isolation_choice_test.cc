#include "launcher/commands/isolation_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace frostbyte::commands {
namespace {

using sandbox::Isolation;
using sandbox::Part;
using sandbox::PartStatus;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<PartStatus> without_cgroup() {
  return {{.part = Part::net, .available = true, .reason = ""},
          {.part = Part::cgroup, .available = false, .reason = "the hierarchy is read-only"}};
}

TEST(ChooseIsolations, WithoutAWishTakesFullLessWhatTheHostLacksAndSaysSo) {
  const auto choice = choose_isolations({}, without_cgroup);
  ASSERT_TRUE(choice.has_value());
  EXPECT_THAT(choice->isolations, ElementsAre(Isolation::full().clear(Part::cgroup)));
  EXPECT_THAT(choice->notes, ElementsAre("without isolation part cgroup: the hierarchy is read-only"));
}

TEST(ChooseIsolations, WithAWishRefusesWhatTheHostLacks) {
  const auto choice = choose_isolations({Isolation::none(), Isolation::full()}, without_cgroup);
  ASSERT_FALSE(choice.has_value());
  EXPECT_EQ(choice.error().subject, "full");
  EXPECT_THAT(choice.error().cause, HasSubstr("cgroup: the hierarchy is read-only"));
  EXPECT_THAT(choice.error().hint, HasSubstr("--isolation full,-cgroup"));
}

TEST(ChooseIsolations, DoesNotMindALackNobodyAskedFor) {
  const auto choice = choose_isolations({Isolation::namespaces()}, without_cgroup);
  ASSERT_TRUE(choice.has_value());
  EXPECT_THAT(choice->isolations, ElementsAre(Isolation::namespaces()));
  EXPECT_THAT(choice->notes, IsEmpty());
}

TEST(ParseIsolations, NamesTheFlag) {
  const auto isolations = parse_isolations({"none", "full,-moat"});
  ASSERT_FALSE(isolations.has_value());
  EXPECT_EQ(isolations.error().operation, "read --isolation");
}

}  // namespace
}  // namespace frostbyte::commands
