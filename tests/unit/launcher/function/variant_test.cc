// Variants that a function.toml names: how they are read, picked, and gathered by label.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <optional>

#include "launcher/base/file.h"
#include "launcher/function/function.h"

namespace frostbyte::function {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

constexpr const char* kFile = R"(
name    = "fn"
command = ["./fn-glibc"]
[env]
LOG = "off"
[labels]
language  = "c++"
allocator = "glibc"
[[variant]]
name    = "jemalloc"
command = ["./fn-jemalloc"]
labels  = { allocator = "jemalloc" }
[[variant]]
name    = "one-arena"
command = ["./fn-jemalloc"]
env     = { MALLOC_CONF = "narenas:1" }
labels  = { allocator = "jemalloc", knobs = "narenas:1" }
settings = { narenas = "1" }
[[variant]]
name    = "tcmalloc"
command = ["./fn-tcmalloc"]
labels  = { allocator = "tcmalloc" }
)";

class Variants : public testing::Test {
 protected:
  void SetUp() override {
    auto created = TempDir::create();
    ASSERT_TRUE(created);
    directory_.emplace(*std::move(created));
    place(kFile);
    for (const char* program : {"fn-glibc", "fn-jemalloc"}) {
      ASSERT_TRUE(write_atomically(folder() / program, "#!/bin/sh\n"));
      ASSERT_EQ(::chmod((folder() / program).c_str(), 0755), 0);
    }
  }

  [[nodiscard]] fs::path folder() const { return directory_->path() / "fn"; }

  void place(std::string_view text) {
    fs::create_directories(folder());
    ASSERT_TRUE(write_atomically(folder() / "function.toml", text));
  }

  Result<Function> load(const std::string& variant = "") { return load_function(folder().string() + variant, {}); }

  std::vector<std::string> names_by(const std::string& variant, const std::vector<std::string>& labels) {
    skipped_.clear();
    const auto base = load(variant);
    if (!base) return {base.error().message()};
    const auto chosen = variants_by(*base, labels, {}, skipped_);
    if (!chosen) return {chosen.error().message()};
    std::vector<std::string> names;
    for (const Function& function : *chosen) names.push_back(function.name);
    return names;
  }

  std::optional<TempDir> directory_;
  std::vector<SkippedVariant> skipped_;
};

TEST_F(Variants, APickedOneIsTheFunctionWithItsChanges) {
  const auto function = load(":one-arena");
  ASSERT_TRUE(function) << function.error().message();
  EXPECT_EQ(function->name, "fn:one-arena");
  EXPECT_EQ(function->program, folder() / "fn-jemalloc");
  EXPECT_THAT(function->env, ElementsAre(Pair("LOG", "off"), Pair("MALLOC_CONF", "narenas:1")));
  EXPECT_THAT(function->settings, ElementsAre(Pair("narenas", "1")));
  EXPECT_THAT(function->labels,
              ElementsAre(Pair("allocator", "jemalloc"), Pair("knobs", "narenas:1"), Pair("language", "c++")));
}

TEST_F(Variants, AnUnknownOneNamesThoseThereAre) {
  const auto function = load(":jemaloc");
  ASSERT_FALSE(function);
  EXPECT_THAT(function.error().message(), HasSubstr("no variant of that name"));
  EXPECT_THAT(function.error().hint, HasSubstr("did you mean 'jemalloc'?"));
  EXPECT_THAT(function.error().hint, HasSubstr("tcmalloc"));
}

TEST_F(Variants, ByALabelDifferInThatLabelAlone) {
  EXPECT_THAT(names_by("", {"allocator"}), ElementsAre("fn", "fn:jemalloc"));
  EXPECT_THAT(names_by(":jemalloc", {"knobs"}), ElementsAre("fn:jemalloc", "fn:one-arena"));
  EXPECT_THAT(names_by("", {"allocator", "knobs"}), ElementsAre("fn", "fn:jemalloc", "fn:one-arena"));
}

TEST_F(Variants, OfAnotherVariantDoNotInheritItsChanges) {
  const auto base = load(":one-arena");
  ASSERT_TRUE(base);
  const auto chosen = variants_by(*base, {"knobs", "allocator"}, {}, skipped_);
  ASSERT_TRUE(chosen) << chosen.error().message();
  ASSERT_EQ(chosen->size(), 3u);
  EXPECT_EQ(chosen->at(0).name, "fn:one-arena");
  EXPECT_EQ(chosen->at(1).name, "fn");
  EXPECT_THAT(chosen->at(2).env, ElementsAre(Pair("LOG", "off")));
}

TEST_F(Variants, ThatWereNotBuiltAreLeftOutByName) {
  names_by("", {"allocator"});
  ASSERT_EQ(skipped_.size(), 1u);
  EXPECT_EQ(skipped_[0].name, "fn:tcmalloc");
  EXPECT_EQ(skipped_[0].program, folder() / "fn-tcmalloc");
}

TEST_F(Variants, ByALabelThatNoneDiffersInAreAnError) {
  const auto base = load();
  ASSERT_TRUE(base);
  const auto chosen = variants_by(*base, {"language"}, {}, skipped_);
  ASSERT_FALSE(chosen);
  EXPECT_THAT(chosen.error().hint, HasSubstr("allocator"));
  EXPECT_THAT(skipped_, IsEmpty());
}

TEST_F(Variants, AreRefusedWithoutANameOrALabelOrTwice) {
  const auto refusal = [&](const std::string& text) {
    place("name = \"fn\"\ncommand = [\"./fn\"]\n" + text);
    const auto function = load();
    return function ? std::string("accepted") : function.error().message();
  };
  EXPECT_THAT(refusal("[[variant]]\nlabels = { a = \"b\" }\n"), HasSubstr("'variant.name' is missing"));
  EXPECT_THAT(refusal("[[variant]]\nname = \"x\"\n"), HasSubstr("'labels' is missing"));
  EXPECT_THAT(refusal("[[variant]]\nname = \"x\"\nlabel = { a = \"b\" }\n"), HasSubstr("did you mean 'labels'?"));
  const std::string twice = "[[variant]]\nname = \"x\"\nlabels = { a = \"b\" }\n";
  EXPECT_THAT(refusal(twice + twice), HasSubstr("two variants named 'x'"));
}

}  // namespace
}  // namespace frostbyte::function
