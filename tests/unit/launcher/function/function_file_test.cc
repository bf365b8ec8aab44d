// What a function.toml may say, and that every refusal names file, line and key.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "launcher/function/function.h"
#include "launcher/function/function_file.h"

namespace frostbyte::function {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::StartsWith;

Result<Function> parse(std::string_view text) { return parse_function(text, "/srv/fn/function.toml"); }

Error refusal(std::string_view text) {
  auto result = parse(text);
  if (result) ADD_FAILURE() << "accepted: " << text;
  return result ? Error{} : result.error();
}

constexpr std::string_view kSmallest = "name = \"fn\"\ncommand = [\"./fn\"]\n";

TEST(FunctionFile, ReadsEveryKey) {
  const auto function = parse(R"(
name     = "cpp-echo"
summary  = "C++ on epoll"
command  = ["./cpp-echo", "--quiet"]
contract = ["lambda", "port"]
serves   = ["hello", "echo"]
metrics  = "/metrics"
root     = "minimal"
port     = 9000
[env]
ZED = "1"
ALPHA = "2"
[labels]
language = "c++"
)");
  ASSERT_TRUE(function) << function.error().message();
  EXPECT_EQ(function->name, "cpp-echo");
  EXPECT_EQ(function->summary, "C++ on epoll");
  EXPECT_EQ(function->folder, "/srv/fn");
  EXPECT_EQ(function->file, "/srv/fn/function.toml");
  EXPECT_THAT(function->command, ElementsAre("./cpp-echo", "--quiet"));
  EXPECT_THAT(function->contracts, ElementsAre(ContractKind::lambda, ContractKind::port));
  EXPECT_THAT(function->serves, ElementsAre("hello", "echo"));
  EXPECT_EQ(function->metrics, "/metrics");
  EXPECT_EQ(function->root.kind, RootKind::minimal);
  EXPECT_EQ(function->fixed_port, 9000);
  EXPECT_THAT(function->labels, ElementsAre(Pair("language", "c++")));
}

TEST(FunctionFile, EnvKeepsTheOrderOfTheFile) {
  const auto function = parse(std::string(kSmallest) + "[env]\nZED = \"1\"\nALPHA = \"2\"\nMID = \"3\"\n");
  ASSERT_TRUE(function);
  EXPECT_THAT(function->env, ElementsAre(Pair("ZED", "1"), Pair("ALPHA", "2"), Pair("MID", "3")));
}

TEST(FunctionFile, OnlyNameAndCommandAreRequired) {
  const auto function = parse(kSmallest);
  ASSERT_TRUE(function);
  EXPECT_THAT(function->contracts, ElementsAre(ContractKind::port));
  EXPECT_EQ(function->root.kind, RootKind::automatic);
  EXPECT_FALSE(function->fixed_port);
}

TEST(FunctionFile, AMetricsPageIsAPath) {
  for (const char* path : {"", "metrics", "/a b", "/a\\r\\nHost: b"})
    EXPECT_EQ(refusal(std::string(kSmallest) + "metrics = \"" + path + "\"\n").cause,
              "'metrics' is not the path of a page");
}

TEST(FunctionFile, UnknownKeyNamesLineAndNearestKey) {
  const Error error = refusal("name = \"fn\"\ncomand = [\"./fn\"]\n");
  EXPECT_EQ(error.subject, "/srv/fn/function.toml:2");
  EXPECT_EQ(error.cause, "unknown key 'comand'");
  EXPECT_THAT(error.hint, StartsWith("did you mean 'command'? known keys: name, "));
}

TEST(FunctionFile, UnknownKeyThatResemblesNoneSuggestsNone) {
  const Error error = refusal(std::string(kSmallest) + "zzzzzzzz = 1\n");
  EXPECT_THAT(error.hint, StartsWith("known keys: "));
}

TEST(FunctionFile, FirstOfSeveralUnknownKeysIsReported) {
  EXPECT_EQ(refusal(std::string(kSmallest) + "zeta = 1\nalpha = 2\n").cause, "unknown key 'zeta'");
}

TEST(FunctionFile, MissingNameAndCommandAreErrors) {
  EXPECT_EQ(refusal("command = [\"./fn\"]").cause, "'name' is missing");
  EXPECT_EQ(refusal("name = \"fn\"").cause, "'command' is missing");
  EXPECT_EQ(refusal("name = \"fn\"\ncommand = []").cause, "'command' is empty");
  EXPECT_EQ(refusal("name = \"fn\"\ncommand = [\"\"]").cause, "'command' is empty");
}

TEST(FunctionFile, BrokenTomlNamesLineAndColumn) {
  const Error error = refusal("name = \"fn\"\ncommand = [\"./fn\"\n");
  EXPECT_THAT(error.subject, StartsWith("/srv/fn/function.toml:"));
  EXPECT_EQ(std::count(error.subject.begin(), error.subject.end(), ':'), 2) << error.subject;
  EXPECT_FALSE(error.cause.empty());
}

TEST(FunctionFile, WrongTypesNameKeyAndExpectation) {
  EXPECT_EQ(refusal("name = 3\ncommand = [\"./fn\"]").cause, "'name' must be a string");
  EXPECT_EQ(refusal("name = \"fn\"\ncommand = \"./fn\"").cause, "'command' must be an array of strings");
  EXPECT_EQ(refusal("name = \"fn\"\ncommand = [1]").cause, "'command' must be an array of strings");
  EXPECT_EQ(refusal(std::string(kSmallest) + "env = 1").cause, "'env' must be a table of strings");
  const Error error = refusal(std::string(kSmallest) + "[env]\nDEBUG = true");
  EXPECT_EQ(error.cause, "'env.DEBUG' must be a string (quote it)");
  EXPECT_EQ(error.subject, "/srv/fn/function.toml:4");
}

TEST(FunctionFile, PortHasItsRange) {
  EXPECT_TRUE(parse(std::string(kSmallest) + "port = 65535"));
  for (const char* port : {"0", "-1", "65536", "\"80\"", "8.5"}) {
    EXPECT_EQ(refusal(std::string(kSmallest) + "port = " + port).cause, "'port' must be an integer from 1 to 65535");
  }
}

TEST(FunctionFile, UnknownContractSuggestsTheNearest) {
  const Error error = refusal(std::string(kSmallest) + "contract = \"listenfds\"");
  EXPECT_EQ(error.cause, "'contract': there is no contract 'listenfds'");
  EXPECT_THAT(error.hint, HasSubstr("did you mean 'listen-fds'?"));
}

TEST(FunctionFile, ContractsAreNotRepeatedOrEmpty) {
  EXPECT_EQ(refusal(std::string(kSmallest) + "contract = [\"port\", \"port\"]").cause, "'port' is there twice");
  EXPECT_EQ(refusal(std::string(kSmallest) + "contract = []").cause, "'contract' is empty");
}

TEST(FunctionFile, NamesCannotEscapeFileNamesOrTerminals) {
  for (const char* name : {"", "a/b", "..", ".", "a\\u001bb", "a\\u0000", "a\\n", " a", "a "}) {
    EXPECT_THAT(refusal("name = \"" + std::string(name) + "\"\ncommand = [\"./fn\"]").subject,
                HasSubstr("function.toml:1"))
        << name;
  }
}

TEST(FunctionFile, NulReachesNeitherArgvNorEnvironment) {
  EXPECT_THAT(refusal("name = \"fn\"\ncommand = [\"./fn\", \"a\\u0000b\"]").cause, HasSubstr("NUL"));
  EXPECT_THAT(refusal(std::string(kSmallest) + "[env]\nA = \"\\u0000\"").cause, HasSubstr("NUL"));
  EXPECT_THAT(refusal(std::string(kSmallest) + "[env]\n\"A=B\" = \"\"").cause, HasSubstr("cannot name"));
}

TEST(FunctionFile, RelativeRootIsRelativeToTheFolder) {
  const auto function = parse(std::string(kSmallest) + "root = \"./rootfs\"");
  ASSERT_TRUE(function);
  EXPECT_EQ(function->root.directory, "/srv/fn/rootfs");
  EXPECT_THAT(refusal(std::string(kSmallest) + "root = \"minimla\"").cause,
              HasSubstr("neither a known root nor a path"));
}

TEST(ParseContract, RoundTripsEveryKind) {
  for (const ContractKind kind : {ContractKind::port, ContractKind::listen_fds, ContractKind::lambda}) {
    const auto again = parse_contract(to_string(kind));
    ASSERT_TRUE(again);
    EXPECT_EQ(*again, kind);
  }
}

TEST(FunctionFile, NoTextIsTooStrangeToAnswer) {
  EXPECT_TRUE(rc::check("any text is parsed or refused with a subject", [] {
    const auto text = *rc::gen::arbitrary<std::string>();
    const auto result = parse(text);
    if (!result) RC_ASSERT(result.error().subject.starts_with("/srv/fn/function.toml"));
  }));
}

}  // namespace
}  // namespace frostbyte::function
