// Bare commands: splitting as a shell would, finding as execvp would.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "launcher/base/file.h"
#include "launcher/function/function.h"

namespace frostbyte::function {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Words = std::vector<std::string>;

Words split(std::string_view text) {
  auto words = split_command(text);
  EXPECT_TRUE(words) << words.error().message();
  return words.value_or(Words{"refused"});
}

TEST(SplitCommand, FollowsTheRulesOfTheShell) {
  EXPECT_THAT(split(""), IsEmpty());
  EXPECT_THAT(split(" \t\n "), IsEmpty());
  EXPECT_THAT(split(" a  b\tc\n"), ElementsAre("a", "b", "c"));
  EXPECT_THAT(split("a 'b c' \"d e\""), ElementsAre("a", "b c", "d e"));
  EXPECT_THAT(split("a'b'\"c\"d"), ElementsAre("abcd"));
  EXPECT_THAT(split("'' \"\""), ElementsAre("", ""));
  EXPECT_THAT(split(R"(a\ b \\ \' \")"), ElementsAre("a b", "\\", "'", "\""));
  EXPECT_THAT(split(R"('a\b' "a\b" "\"\\\$")"), ElementsAre("a\\b", "a\\b", "\"\\$"));
  EXPECT_THAT(split("a\\\nb"), ElementsAre("ab"));
  EXPECT_THAT(split("$HOME *.c ~ # x"), ElementsAre("$HOME", "*.c", "~", "#", "x"));
}

TEST(SplitCommand, RefusesWhatIsNotClosed) {
  EXPECT_EQ(split_command("a 'b").error().cause, "a ' is not closed");
  EXPECT_EQ(split_command("a \"b'").error().cause, "a \" is not closed");
  EXPECT_EQ(split_command("a \\").error().cause, "it ends in a backslash");
}

std::string quoted(const std::string& word) {
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

TEST(SplitCommand, UndoesQuoting) {
  EXPECT_TRUE(rc::check("quoted words come back", [] {
    const auto words = *rc::gen::arbitrary<Words>();
    std::string text;
    for (const std::string& word : words) text += quoted(word) + " ";
    RC_ASSERT(split_command(text).value() == words);
  }));
}

// The shell itself is the reference: printf repeats its format for every word.
TEST(SplitCommand, AgreesWithTheShell) {
  EXPECT_TRUE(rc::check("sh splits the same", [] {
    const auto text = *rc::gen::container<std::string>(rc::gen::elementOf(std::string("ab '\"\\")));
    const auto words = split_command(text);
    if (!words || words->empty() || text.ends_with('\\')) return;
    FILE* shell = ::popen(("printf '%s|' " + text).c_str(), "r");
    RC_ASSERT(shell != nullptr);
    char buffer[4096];
    const std::size_t n = ::fread(buffer, 1, sizeof buffer, shell);
    ::pclose(shell);
    std::string joined;
    for (const std::string& word : *words) joined += word + "|";
    RC_ASSERT(std::string(buffer, n) == joined);
  }));
}

class BareCommand : public testing::Test {
 protected:
  void SetUp() override {
    auto created = TempDir::create();
    ASSERT_TRUE(created);
    directory_.emplace(*std::move(created));
    const char* path = std::getenv("PATH");
    if (path != nullptr) saved_path_ = path;
  }
  void TearDown() override { ::setenv("PATH", saved_path_.c_str(), 1); }

  void add(const std::string& relative, mode_t mode) {
    const auto path = directory_->path() / relative;
    std::filesystem::create_directories(path.parent_path());
    ASSERT_TRUE(write_atomically(path, "#!/bin/sh\n"));
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
  }
  void use_path(const std::string& first, const std::string& second) {
    const std::string base = directory_->path().string() + "/";
    ASSERT_EQ(::setenv("PATH", (base + first + ":" + base + second).c_str(), 1), 0);
  }
  static Error refusal(Words words) {
    auto result = bare_command("x", std::move(words));
    EXPECT_FALSE(result);
    return result ? Error{} : result.error();
  }

  std::optional<TempDir> directory_;
  std::string saved_path_;
};

TEST_F(BareCommand, FirstDirectoryOfPathWins) {
  add("one/tool", 0755);
  add("two/tool", 0755);
  use_path("one", "two");
  const auto function = bare_command("named", {"tool", "--flag"});
  ASSERT_TRUE(function) << function.error().message();
  EXPECT_EQ(function->name, "named");
  EXPECT_EQ(function->program, directory_->path() / "one/tool");
  EXPECT_THAT(function->command, ElementsAre("tool", "--flag"));
  EXPECT_TRUE(function->folder.empty());
  EXPECT_TRUE(function->file.empty());
}

TEST_F(BareCommand, PassesOverFilesThatCannotBeExecuted) {
  add("one/tool", 0644);
  add("two/tool", 0755);
  use_path("one", "two");
  EXPECT_EQ(bare_command("x", {"tool"})->program, directory_->path() / "two/tool");
}

TEST_F(BareCommand, PassesOverDirectories) {
  std::filesystem::create_directories(directory_->path() / "one/tool");
  add("two/tool", 0755);
  use_path("one", "two");
  EXPECT_EQ(bare_command("x", {"tool"})->program, directory_->path() / "two/tool");
}

TEST_F(BareCommand, SaysWhenTheOnlyHitIsNotExecutable) {
  add("one/tool", 0644);
  use_path("one", "two");
  EXPECT_EQ(refusal({"tool"}).cause, "it is not executable");
  EXPECT_EQ(refusal({"tool"}).hint, "chmod +x it");
}

TEST_F(BareCommand, WordWithSlashIsAPath) {
  add("one/tool", 0755);
  ASSERT_EQ(::setenv("PATH", "", 1), 0);
  const std::string path = (directory_->path() / "one/tool").string();
  EXPECT_EQ(bare_command("x", {path})->program, path);
  EXPECT_EQ(refusal({path + "2"}).cause, "there is no such program");
}

TEST_F(BareCommand, EmptyElementOfPathIsTheWorkingDirectory) {
  add("tool", 0755);
  const auto here = std::filesystem::current_path();
  std::filesystem::current_path(directory_->path());
  ASSERT_EQ(::setenv("PATH", "/nonexistent:", 1), 0);
  const auto found = bare_command("x", {"tool"});
  ASSERT_EQ(::setenv("PATH", "/nonexistent", 1), 0);
  const auto missed = bare_command("x", {"tool"});
  std::filesystem::current_path(here);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->program, directory_->path() / "tool");
  ASSERT_FALSE(missed);
  EXPECT_EQ(missed.error().hint, "a program in the working directory is written './tool'");
}

TEST_F(BareCommand, MissingProgramIsNamed) {
  const Error error = refusal({"no-such-program-here"});
  EXPECT_EQ(error.subject, "no-such-program-here");
  EXPECT_EQ(error.cause, "it is in no directory of PATH");
  EXPECT_FALSE(error.hint.empty());
}

TEST_F(BareCommand, RefusesEmptyCommandsAndBadNames) {
  EXPECT_EQ(refusal({}).cause, "the command is empty");
  EXPECT_EQ(refusal({""}).cause, "the command is empty");
  EXPECT_THAT(refusal({"sh", std::string("a\0b", 3)}).cause, HasSubstr("NUL"));
  const auto result = bare_command("a/b", {"sh"});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().cause, "a name must not hold '/'");
}

}  // namespace
}  // namespace frostbyte::function
