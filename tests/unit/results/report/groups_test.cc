#include "results/report/groups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../run_maker.h"

namespace frostbyte::report {
namespace {

using record::failed;
using record::launched;
using record::RunMaker;
using summary::summarise;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> titles(const Summary& summary) {
  std::vector<std::string> titles;
  for (const Group& group : group_subjects(summary)) titles.push_back(group.title);
  return titles;
}

TEST(Groups, KeepRegimesApart_BecauseTheyMustNotBeCompared) {
  const record::Run run =
      RunMaker()
          .variant("a[cache=warm,isolation=full]", {{"cache", "warm"}, {"isolation", "full"}, {"language", "c"}})
          .variant("a[cache=cold,isolation=full]", {{"cache", "cold"}, {"isolation", "full"}, {"language", "c"}})
          .variant("b[cache=cold,isolation=none]", {{"cache", "cold"}, {"isolation", "none"}, {"language", "d"}})
          .make();
  const Summary summary = summarise(run);
  EXPECT_THAT(titles(summary),
              ElementsAre("isolation full, cache warm", "isolation full, cache cold", "isolation none, cache cold"));
  EXPECT_EQ(name_in_group(summary.subjects[0], summary), "a");
}

TEST(Groups, NamesKeepWhatTheTitleDoesNotSay) {
  const record::Run run = RunMaker()
                              .variant("a[cache=warm,LOG=on]", {{"cache", "warm"}})
                              .variant("a[cache=cold,LOG=on]", {{"cache", "cold"}})
                              .make();
  const Summary summary = summarise(run);
  EXPECT_EQ(name_in_group(summary.subjects[0], summary), "a[LOG=on]");
}

TEST(Groups, UseALanguageOnlyWhenItGathersSeveral) {
  const record::Run apart = RunMaker().variant("a", {{"language", "c"}}).variant("b", {{"language", "go"}}).make();
  EXPECT_THAT(titles(summarise(apart)), ElementsAre(""));
  const record::Run together = RunMaker()
                                   .variant("a", {{"language", "c"}})
                                   .variant("b", {{"language", "go"}})
                                   .variant("c", {{"language", "c"}})
                                   .make();
  EXPECT_THAT(titles(summarise(together)), ElementsAre("language c", "language go"));
}

TEST(Groups, RowsGoFloorFirstThenFastestThenThoseWithoutAFigure) {
  const record::Run run = RunMaker()
                              .variant("mute")
                              .variant("slow")
                              .variant("fast")
                              .variant("c-nolibc")
                              .add("mute", failed(record::Outcome::timeout, "listen"))
                              .add("slow", launched(300))
                              .add("fast", launched(200))
                              .add("c-nolibc", launched(250))
                              .make();
  EXPECT_THAT(group_subjects(summarise(run)).at(0).subjects, ElementsAre(3, 2, 1, 0));
}

}  // namespace
}  // namespace frostbyte::report
