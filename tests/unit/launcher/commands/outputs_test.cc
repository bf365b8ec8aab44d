#include "launcher/commands/outputs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "launcher/base/file.h"

namespace frostbyte::commands {
namespace {

const std::vector<std::string> kFormats = {"console", "json"};

TEST(ParseOutputs, WithoutAnyIsTheConsoleOnStandardOutput) {
  const auto outputs = parse_outputs({}, kFormats);
  ASSERT_TRUE(outputs.has_value());
  ASSERT_EQ(outputs->size(), 1u);
  EXPECT_EQ(outputs->front().format, "console");
  EXPECT_EQ(outputs->front().path, "-");
}

TEST(ParseOutputs, APathMayHoldEqualsSigns) {
  const std::vector<std::string> texts = {"json=/tmp/a=b.json"};
  EXPECT_EQ(parse_outputs(texts, kFormats)->front().path, "/tmp/a=b.json");
}

TEST(ParseOutputs, SeveralMayGoToStandardOutput) {
  const std::vector<std::string> texts = {"console=-", "json=-"};
  EXPECT_EQ(parse_outputs(texts, kFormats)->size(), 2u);
}

TEST(ParseOutputs, RefusesADirectory) {
  const std::vector<std::string> texts = {"json=/tmp"};
  const auto outputs = parse_outputs(texts, kFormats);
  ASSERT_FALSE(outputs.has_value());
  EXPECT_EQ(outputs.error().cause, "it is a directory");
}

TEST(WriteOutput, ReplacesAFile) {
  const auto folder = TempDir::create();
  ASSERT_TRUE(folder.has_value());
  const std::string path = folder->path() / "x";
  ASSERT_TRUE(write_output({.format = "json", .path = path}, "a longer text").has_value());
  ASSERT_TRUE(write_output({.format = "json", .path = path}, "short").has_value());
  EXPECT_EQ(read_file(path).value(), "short");
}

}  // namespace
}  // namespace frostbyte::commands
