#include "results/compare/parts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>

namespace frostbyte::compare {
namespace {

Part file(std::string name, std::int64_t bytes, std::string content = "", std::string attributes = "") {
  return {.group = "file",
          .name = std::move(name),
          .bytes = bytes,
          .content = std::move(content),
          .attributes = std::move(attributes)};
}

std::vector<std::string> in_words(const std::vector<PartDifference>& differences) {
  std::vector<std::string> words;
  for (const PartDifference& one : differences)
    words.push_back(std::string(to_string(one.change)) + " " + one.from + (one.from.empty() ? "" : ">") + one.name +
                    " " + std::to_string(one.growth()));
  return words;
}

TEST(Parts, EveryKindOfChangeHasItsName) {
  const std::vector<Part> base = {file("gone", 10, "g"), file("grew", 1, "a"),         file("shrank", 9, "b"),
                                  file("other", 5, "c"), file("mode", 3, "d", "0644"), file("old/name", 7, "e"),
                                  file("same", 2, "f")};
  const std::vector<Part> candidate = {file("grew", 101, "A"),       file("shrank", 4, "B"),   file("other", 5, "C"),
                                       file("mode", 3, "d", "0755"), file("new/name", 7, "e"), file("new", 50, "h"),
                                       file("same", 2, "f")};
  EXPECT_THAT(in_words(difference(base, candidate)),
              testing::ElementsAre("grown grew 100", "added new 50", "removed gone -10", "shrunk shrank -5",
                                   "attributes mode 0", "moved old/name>new/name 0", "changed other 0"));
}

TEST(Parts, OfOneNameInTwoGroups_AreTwo) {
  const Part section{.group = "section", .name = "x", .bytes = 4};
  const Part symbol{.group = "symbol", .name = "x", .bytes = 4};
  EXPECT_THAT(in_words(difference({section}, {symbol})), testing::ElementsAre("removed x -4", "added x 4"));
}

TEST(Parts, WhatIsCopied_MovesOnce) {
  EXPECT_THAT(in_words(difference({file("a", 7, "x")}, {file("b", 7, "x"), file("c", 7, "x")})),
              testing::ElementsAre("added c 7", "moved a>b 0"));
}

TEST(Parts, EmptyOnesAndThoseOfUnknownContent_DoNotMove) {
  EXPECT_THAT(in_words(difference({file("a", 0, "x"), file("c", 9)}, {file("b", 0, "x"), file("d", 9)})),
              testing::ElementsAre("removed c -9", "added d 9", "removed a 0", "added b 0"));
}

TEST(Parts, GrowthsSumToTheDifferenceOfSizes_WhateverChanged) {
  rc::check([] {
    const auto some = [] {
      std::map<std::string, Part> parts;
      for (int i = *rc::gen::inRange(0, 12); i > 0; --i) {
        const std::string name(1, *rc::gen::inRange<char>('a', 'h'));
        parts[name] = file(name, *rc::gen::inRange(0, 4), std::string(1, *rc::gen::inRange<char>('p', 's')));
      }
      std::vector<Part> list;
      for (auto& [name, part] : parts) list.push_back(std::move(part));
      return list;
    };
    const std::vector<Part> base = some();
    const std::vector<Part> candidate = some();
    std::int64_t expected = 0;
    for (const Part& part : candidate) expected += part.bytes;
    for (const Part& part : base) expected -= part.bytes;
    std::int64_t sum = 0;
    for (const PartDifference& one : difference(base, candidate)) sum += one.growth();
    RC_ASSERT(sum == expected);
    RC_ASSERT(difference(base, base).empty());
  });
}

}  // namespace
}  // namespace frostbyte::compare
