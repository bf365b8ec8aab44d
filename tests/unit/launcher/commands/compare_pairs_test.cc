#include "launcher/commands/compare_pairs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "launcher/commands/saved_run.h"

namespace frostbyte::commands {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Group group(std::string argument, std::size_t source, const std::vector<std::string>& names) {
  Group made{.argument = std::move(argument), .members = {}};
  for (std::uint32_t i = 0; i < names.size(); ++i)
    made.members.push_back({.name = names[i], .source = source, .variant = i});
  return made;
}

std::vector<std::string> texts(const std::vector<MemberPair>& pairs) {
  std::vector<std::string> texts;
  for (const MemberPair& pair : pairs) texts.push_back(pair.base.name + " < " + pair.candidate.name);
  return texts;
}

std::vector<std::string> paired(const std::vector<Group>& groups) { return texts(pair_up(groups).value()); }

TEST(PairUp, ComparesEveryCandidateWithTheOneBase) {
  EXPECT_THAT(paired({group("a", 0, {"a"}), group("b", 0, {"b"}), group("c", 0, {"c", "d"})}),
              ElementsAre("a < b", "a < c", "a < d"));
}

TEST(PairUp, ComparesTheVariantsOfALoneFunctionWithItsFirst) {
  EXPECT_THAT(paired({group("a", 0, {"a[X=1]", "a[X=2]", "a[X=3]"})}),
              ElementsAre("a[X=1] < a[X=2]", "a[X=1] < a[X=3]"));
}

TEST(PairUp, ComparesRunsByName) {
  EXPECT_THAT(paired({group("old.jsonl", 0, {"a", "b"}), group("new.jsonl", 1, {"b", "a"})}),
              ElementsAre("b < b", "a < a"));
}

TEST(PairUp, ComparesFunctionsBySettings) {
  EXPECT_THAT(paired({group("a", 0, {"a[X=1]", "a[X=2]"}), group("b", 0, {"b[X=1]", "b[X=2]"})}),
              ElementsAre("a[X=1] < b[X=1]", "a[X=2] < b[X=2]"));
}

TEST(PairUp, NamesWhatHasNoCounterpart) {
  const auto none = pair_up({group("old.jsonl", 0, {"alpha", "beta"}), group("new.jsonl", 1, {"alpa"})});
  ASSERT_FALSE(none.has_value());
  EXPECT_EQ(none.error().subject, "alpa");
  EXPECT_THAT(none.error().cause, HasSubstr("old.jsonl has several variants and none of that name"));
  EXPECT_THAT(none.error().hint, HasSubstr("did you mean 'alpha'? it has: alpha, beta"));
}

TEST(PairUp, RefusesABaseAlone) {
  const auto alone = pair_up({group("a", 0, {"a"})});
  ASSERT_FALSE(alone.has_value());
  EXPECT_EQ(alone.error().cause, "there is nothing to compare it with");
  EXPECT_FALSE(pair_up({}).has_value());
}

TEST(TellApart, LeavesCandidatesTheirNames) {
  auto pairs = pair_up({group("old.jsonl", 0, {"a", "b"}), group("new.jsonl", 1, {"a", "b"})}).value();
  tell_apart(pairs, {"old.jsonl", "new.jsonl"});
  EXPECT_THAT(texts(pairs), ElementsAre("old.jsonl#a < a", "old.jsonl#b < b"));
}

TEST(TellApart, NamesTheSourceOfEveryOther) {
  auto pairs = pair_up({group("a", 2, {"a"}), group("x.jsonl", 0, {"a"}), group("y.jsonl", 1, {"a"})}).value();
  tell_apart(pairs, {"x.jsonl", "y.jsonl", ""});
  EXPECT_THAT(texts(pairs), ElementsAre("launched#a < a", "launched#a < y.jsonl#a"));
}

TEST(TellApart, ChangesNothingWithinOneRun) {
  auto pairs = pair_up({group("a", 0, {"a"}), group("b", 0, {"b"})}).value();
  tell_apart(pairs, {""});
  EXPECT_THAT(texts(pairs), ElementsAre("a < b"));
}

TEST(SavedRunName, IsWhatBeginsLikeARun) {
  const std::string run = FROSTBYTE_FIXTURES "/record/synthetic.jsonl";
  ASSERT_TRUE(saved_run_name(run).has_value());
  EXPECT_EQ(saved_run_name(run)->variant, "");
  EXPECT_EQ(saved_run_name(run + "#a#2")->path, run);
  EXPECT_EQ(saved_run_name(run + "#a#2")->variant, "a#2");
  EXPECT_FALSE(saved_run_name("alpha").has_value());
  EXPECT_FALSE(saved_run_name(FROSTBYTE_FIXTURES "/sweep").has_value()) << "a folder";
  EXPECT_FALSE(saved_run_name(FROSTBYTE_FIXTURES "/sweep/alpha/function.toml").has_value());
}

}  // namespace
}  // namespace frostbyte::commands
