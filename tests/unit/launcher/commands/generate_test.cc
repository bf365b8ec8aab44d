#include "launcher/commands/generate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>

#include "launcher/commands/sweep_flags.h"

namespace frostbyte::commands {
namespace {

using testing::AnyOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

struct SweepApp {
  SweepApp() {
    app.name("frostbyte");
    declare_sweep_flags(*app.add_subcommand("sweep", "measures"), flags);
  }
  CLI::App app{"a program"};
  SweepFlags flags;
};

const FlagDoc& flag(const CommandDoc& command, const std::string& name) {
  for (const FlagDoc& one : command.flags)
    if (std::ranges::find(one.names, name) != one.names.end()) return one;
  throw std::runtime_error("no flag " + name);
}

TEST(Describe, TellsNamesValueDefaultAndRepetition) {
  const CommandDoc sweep = describe(SweepApp().app).commands.at(0);
  EXPECT_EQ(sweep.path, "frostbyte sweep");
  EXPECT_THAT(flag(sweep, "--warmup").names, ElementsAre("-w", "--warmup"));
  EXPECT_EQ(flag(sweep, "--warmup").fallback, "3");
  EXPECT_EQ(flag(sweep, "--warmup").repeat, Repeat::once);
  EXPECT_EQ(flag(sweep, "--isolation").repeat, Repeat::many);
  EXPECT_THAT(flag(sweep, "--cache").choices, ElementsAre("warm", "cold"));
  EXPECT_THAT(flag(sweep, "--resume").value, IsEmpty());
  EXPECT_EQ(sweep.positionals.at(0).name, "FUNCTION");
}

TEST(Describe, LeavesHiddenFlagsOut) {
  const CommandDoc sweep = describe(SweepApp().app).commands.at(0);
  for (const FlagDoc& one : sweep.flags) EXPECT_THAT(one.names, Not(Contains("--fake-launches")));
}

TEST(Describe, EveryFlagHasAHelpTextAndEveryValueAName) {
  const CommandDoc sweep = describe(SweepApp().app).commands.at(0);
  for (const FlagDoc& one : sweep.flags) {
    EXPECT_THAT(one.help, Not(IsEmpty())) << one.names.back();
    EXPECT_NE(one.value, "TEXT") << one.names.back() << ": CLI11's own name for a value";
    EXPECT_THAT(one.value, Not(AnyOf(HasSubstr("INT"), HasSubstr("{"), HasSubstr("[")))) << one.names.back();
  }
}

TEST(CompletionOf, FollowsFromTheValuesName) {
  EXPECT_EQ(completion_of({.names = {}, .value = "a|b", .choices = {"a", "b"}}), Completion::words);
  EXPECT_EQ(completion_of({.names = {}, .value = "PATH"}), Completion::files);
  EXPECT_EQ(completion_of({.names = {}, .value = "DIR"}), Completion::directories);
  EXPECT_EQ(completion_of({.names = {}, .value = "N"}), Completion::nothing);
}

TEST(ManPage, KeepsRoffFromReadingTextAsRequests) {
  const CommandDoc program{.name = "p",
                           .path = "p",
                           .summary = ".x 'y",
                           .details = ".TH\n'br \\n",
                           .commands = {{.name = "c", .path = "p c", .summary = "s", .details = ".TH\n'br \\n"}}};
  const std::string page = man_page(program);
  EXPECT_THAT(page, HasSubstr("\n\\&.TH\n\\&'br \\en\n"));
}

TEST(Generate, RefusesATextItDoesNotKnow) {
  const auto text = generate("completion-csh", {});
  ASSERT_FALSE(text.has_value());
  EXPECT_EQ(text.error().subject, "completion-csh");
}

}  // namespace
}  // namespace frostbyte::commands
