// Finding functions on disk, in a search path made for each test.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <optional>

#include "launcher/base/file.h"
#include "launcher/function/function.h"

namespace frostbyte::function {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class Search : public testing::Test {
 protected:
  void SetUp() override {
    auto created = TempDir::create();
    ASSERT_TRUE(created);
    directory_.emplace(*std::move(created));
    source_ = directory_->path() / "source";
    built_ = directory_->path() / "built";
    add_function(source_, "alpha");
  }

  void add_function(const fs::path& where, const std::string& name) {
    fs::create_directories(where / name);
    write(where / name / "function.toml", "name = \"" + name + "\"\ncommand = [\"./" + name + "\"]\n");
  }

  void add_program(const fs::path& where, const std::string& name, mode_t mode = 0755) {
    fs::create_directories(where / name);
    write(where / name / name, "#!/bin/sh\n");
    ASSERT_EQ(::chmod((where / name / name).c_str(), mode), 0);
  }

  static void write(const fs::path& path, std::string_view text) { ASSERT_TRUE(write_atomically(path, text)); }

  Function load(const std::string& argument) {
    auto function = load_function(argument, {built_, source_});
    EXPECT_TRUE(function) << function.error().message();
    return function.value_or(Function{});
  }

  Error refusal(const std::string& argument) {
    auto function = load_function(argument, {built_, source_});
    EXPECT_FALSE(function);
    return function ? Error{} : function.error();
  }

  std::optional<TempDir> directory_;
  fs::path source_;
  fs::path built_;
};

TEST_F(Search, EveryWayToNameAFunctionGivesTheSameFunction) {
  const std::string folder = (source_ / "alpha").string();
  for (const std::string& argument :
       {folder, folder + "/", folder + "/.", folder + "/function.toml", std::string("alpha")}) {
    const Function function = load(argument);
    EXPECT_EQ(function.name, "alpha") << argument;
    EXPECT_EQ(function.folder, folder) << argument;
    EXPECT_EQ(function.file, folder + "/function.toml") << argument;
  }
}

TEST_F(Search, SourceFolderFindsItsBuiltProgram) {
  add_program(built_, "alpha");
  const Function function = load((source_ / "alpha").string());
  EXPECT_EQ(function.folder, built_ / "alpha");
  EXPECT_EQ(function.program, built_ / "alpha/alpha");
  EXPECT_EQ(function.file, source_ / "alpha/function.toml");
}

TEST_F(Search, ProgramInTheOwnFolderWins) {
  add_program(built_, "alpha");
  add_program(source_, "alpha");
  EXPECT_EQ(load((source_ / "alpha").string()).program, source_ / "alpha/alpha");
}

TEST_F(Search, FileThatCannotBeExecutedIsNoBuiltProgram) {
  add_program(source_, "alpha", 0644);
  add_program(built_, "alpha");
  EXPECT_EQ(load((source_ / "alpha").string()).program, built_ / "alpha/alpha");
}

TEST_F(Search, MissingProgramIsLeftToTheLaunch) {
  const Function function = load("alpha");
  EXPECT_EQ(function.program, source_ / "alpha/alpha");
  EXPECT_FALSE(fs::exists(function.program));
}

TEST_F(Search, CommandWithoutSlashIsLookedUpInPath) {
  write(source_ / "alpha/function.toml", "name = \"alpha\"\ncommand = [\"sh\", \"-c\", \"true\"]\n");
  EXPECT_EQ(load("alpha").program.filename(), "sh");
  EXPECT_TRUE(load("alpha").program.is_absolute());
}

TEST_F(Search, UnknownNameListsPlacesAndSuggestsTheNearest) {
  add_function(source_, "beta");
  const Error error = refusal("alhpa");
  EXPECT_EQ(error.operation, "find function");
  EXPECT_THAT(error.cause, HasSubstr((built_ / "alhpa/function.toml").string()));
  EXPECT_THAT(error.cause, HasSubstr((source_ / "alhpa/function.toml").string()));
  EXPECT_EQ(error.hint, "did you mean 'alpha'? bundled functions: alpha, beta");
}

TEST_F(Search, PathIsNotSoughtInTheSearchPath) {
  const Error error = refusal("nowhere/alpha");
  EXPECT_THAT(error.cause, HasSubstr("nowhere/alpha/function.toml"));
  EXPECT_THAT(error.cause, testing::Not(HasSubstr(source_.string())));
  EXPECT_THAT(error.hint, HasSubstr("did you mean 'alpha'?"));
}

TEST_F(Search, ProgramInsteadOfFunctionSaysHowToMeasureIt) {
  add_program(built_, "alpha");
  const std::string program = (built_ / "alpha/alpha").string();
  EXPECT_EQ(refusal(program).hint, "to measure a program, write: -- " + program);
}

TEST_F(Search, EmptyArgumentIsRefused) { EXPECT_EQ(refusal("").cause, "the name is empty"); }

TEST_F(Search, HugeFileIsRefused) {
  write(source_ / "alpha/function.toml", std::string((1u << 20) + 1, '#'));
  EXPECT_THAT(refusal("alpha").cause, HasSubstr("larger than 1048576 bytes"));
}

TEST_F(Search, WorkloadsAreTakenFromTheNearestFolder) {
  add_program(built_, "alpha");
  const Function function = load((source_ / "alpha").string());
  const auto names = [&] {
    const auto workloads = workloads_for(function, {built_});
    return workloads ? workloads->begin()->first : workloads.error().cause;
  };
  EXPECT_THAT(names(), HasSubstr("there is no " + (source_ / "alpha/workloads.toml").string()));
  write(built_ / "workloads.toml", "[of-build]\npath = \"/\"\n");
  EXPECT_EQ(names(), "of-build");
  write(source_ / "workloads.toml", "[of-source]\npath = \"/\"\n");
  EXPECT_EQ(names(), "of-source");
  write(source_ / "alpha/workloads.toml", "[own]\npath = \"/\"\n");
  EXPECT_EQ(names(), "own");
}

TEST_F(Search, BareCommandTakesWorkloadsFromTheSearchPath) {
  fs::create_directories(built_);
  write(built_ / "workloads.toml", "[hello]\npath = \"/\"\n");
  const auto command = bare_command("sh", {"sh"});
  ASSERT_TRUE(command);
  const auto workloads = workloads_for(*command, {built_});
  ASSERT_TRUE(workloads);
  EXPECT_TRUE(workloads->contains("hello"));
}

TEST(SearchPath, EnvironmentComesFirstAndIsMadeAbsolute) {
  ASSERT_EQ(::setenv("FROSTBYTE_FUNCTIONS", "/one:/two/:", 1), 0);
  const auto paths = search_path();
  ASSERT_EQ(::unsetenv("FROSTBYTE_FUNCTIONS"), 0);
  ASSERT_GE(paths.size(), 2u);
  EXPECT_EQ(paths[0], "/one");
  EXPECT_EQ(paths[1], "/two");
  for (const auto& path : paths) EXPECT_TRUE(path.is_absolute()) << path;
}

TEST_F(Search, AnInterpreterIsTheOneThatTheBuildFound) {
  const auto script = [&](const fs::path& where, const std::string& interpreter, const std::string& file) {
    fs::create_directories(where / "script");
    write(where / "script" / "function.toml",
          "name = \"script\"\ncommand = [\"" + interpreter + "\", \"" + file + "\"]\n");
  };
  script(source_, "sh", "server.sh");
  EXPECT_EQ(load((source_ / "script").string()).program.filename(), "sh");
  add_program(built_, "interpreter");
  const std::string found = (built_ / "interpreter" / "interpreter").string();
  script(built_, found, "server.sh");
  EXPECT_EQ(load((source_ / "script").string()).program, found);
  script(built_, found, "another.sh");  // of an older source: not the same function
  EXPECT_EQ(load((source_ / "script").string()).program.filename(), "sh");
}

TEST_F(Search, WhatAShellNamesBesideFunctionsIsTakenOut) {
  add_function(source_, "beta");
  fs::create_directories(source_ / "service");
  write(source_ / "README.md", "# Functions\n");
  write(source_ / "Cargo.toml", "[workspace]\n");
  std::vector<std::string> all;
  for (const char* name : {"Cargo.toml", "README.md", "alpha", "beta", "service"})
    all.push_back((source_ / name).string());
  const std::vector<std::string> bystanders = {all[0], all[1], all[4]};
  const std::vector<std::string> functions = {all[2], all[3]};
  EXPECT_EQ(take_bystanders(all), bystanders);
  EXPECT_EQ(all, functions);
}

/// A mistake stays one: nothing of this is what a pattern gives.
TEST_F(Search, WhatMayBeAMistakeIsNotTakenOut) {
  add_program(source_, "gamma");
  fs::create_directories(source_ / "service");
  fs::create_directories(built_ / "elsewhere");
  write(source_ / "broken.toml", "name = ");
  const std::string alpha = (source_ / "alpha").string();
  for (const std::string& other : {(source_ / "missing").string(), (source_ / "gamma" / "gamma").string(),
                                   (source_ / "broken.toml").string(), (built_ / "elsewhere").string()}) {
    std::vector<std::string> arguments = {alpha, other};
    EXPECT_TRUE(take_bystanders(arguments).empty()) << other;
    EXPECT_EQ(arguments.size(), 2u) << other;
  }
  std::vector<std::string> alone = {(source_ / "service").string()};
  EXPECT_TRUE(take_bystanders(alone).empty());
}

}  // namespace
}  // namespace frostbyte::function
